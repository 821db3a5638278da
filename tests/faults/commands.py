"""Commands and functions that write a few files at the end, and what they must leave after a fault.

`prepare` fills a new folder as it was before, with results of an earlier call, and returns the words
of a command of the package, or ``call`` with the name of a function here and its arguments.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from builders import own_cohort
from faults.check import wrong_end
from faults.power import WORLDS, Disk
from faults.runs import Place
from faults.shim import Fault

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.execution.storage import replace_folder
from pnetlib.io import SUFFIXES, genes_file, write_network
from pnetlib.workflow.publish import publish


@dataclass(frozen=True)
class Command:
    """A command, and the groups of its files that belong together.

    If the first file of a group is missing, nobody reads the others.
    """

    prepare: Callable[[Path, Path], list[str]]
    together: Callable[[Path], list[list[Path]]] = lambda out: [[p] for p in files_of(out)]


def files_of(out: Path) -> list[Path]:
    """Return the files below a folder, without those that a killed process left."""
    return [p for p in sorted(out.rglob("*")) if p.is_file() and ".partial" not in str(p)]


def _table(base: Path) -> Path:
    path = base / "table.csv"
    if not path.exists():
        rng = np.random.default_rng(5)
        X = rng.normal(size=(40, 12)) @ np.triu(np.full((12, 12), 0.4))
        table = pd.DataFrame(X, [f"L{i}" for i in range(40)], [f"G{j}" for j in range(12)])
        table.to_csv(path)
    return path


def _network(out: Path, base: Path) -> list[str]:
    write_network(out / "network.mtx", np.triu(np.ones((3, 3)), 1), ["A", "B", "C"])
    return ["network", str(_table(base)), "--lam1", "0.3", "--out", str(out / "network.mtx")]


def _pair(out: Path) -> list[list[Path]]:
    return [[out / "network.mtx", genes_file(out / "network.mtx")]]


def _init(out: Path, base: Path) -> list[str]:
    tables = base / "tables"
    if not tables.exists():
        own_cohort(tables)
    shutil.copytree(tables, out, dirs_exist_ok=True)
    (out / "config.yml").write_text("name: of before\n")
    return ["init", str(out), "--force"]


def _networks(out: Path, base: Path) -> list[str]:
    networks(str(out), "1")
    return ["call", "networks", str(out), "2"]


def networks(out: str, value: str) -> None:
    """Write a network in every format."""
    for suffix in sorted(SUFFIXES):
        B = np.triu(np.full((4, 4), float(value)), 1)
        write_network(Path(out, f"{suffix[1:]}{suffix}"), B, [f"G{value}{k}" for k in range(4)])


def _save(out: Path, base: Path) -> list[str]:
    save(str(out), "1")
    return ["call", "save", str(out), "2"]


def save(out: str, seed: str) -> None:
    """Save a simulated cohort."""
    simulate_cohort(int(seed)).save(Path(out, "cohort.npz"))


def _folder(out: Path, base: Path) -> list[str]:
    for name, text in (("new", "2"), ("site", "1")):
        folder = (base if name == "new" else out) / name
        (folder / "deep").mkdir(parents=True, exist_ok=True)
        for file in ("index.html", "deep/page.html", f"only{text}.html"):
            (folder / file).write_text(text)
    return ["call", "folder", str(base / "new"), str(out / "site")]


def folder(source: str, target: str) -> None:
    """Replace a folder, as ``pnetlib docs`` does with the site."""
    replace_folder(Path(source), Path(target))


def _site(out: Path) -> list[list[Path]]:
    names = ("index.html", "deep/page.html", "only1.html", "only2.html")
    return [[out / "site" / name for name in names]]


COMMANDS = {
    "network": Command(_network, _pair),
    "init": Command(_init),
    "write_network": Command(_networks),
    "Cohort.save": Command(_save),
    "docs": Command(_folder, _site),
}


def publishing(run: Path, project: Path) -> Command:
    """Return the command that publishes a finished run in a copy of a project."""

    def prepare(out: Path, base: Path) -> list[str]:
        shutil.copytree(project, out, dirs_exist_ok=True)
        return ["call", "publish_in", str(run), str(out)]

    return Command(prepare)


def publish_in(run: str, project: str) -> None:
    """Publish a finished run."""
    publish(Path(run), Path(project))


def state(out: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files_of(out)}


def meet_command(place: Place, command: Command, new: dict[str, bytes], fault: Fault):
    """Run a command with a fault, then again without; return how it ended and what was wrong."""
    place.empty()
    words = command.prepare(place.out, place.base.parent)
    old = state(place.out)
    disk = Disk(place.roots)
    ended = place.run(words, fault)
    if not ended.seen.fired:
        return ended, []
    wrong = wrong_end(fault, ended)
    if fault.what == "power":
        disk.follow(ended.seen.log, place.base / "state.log")
        disk.restore(WORLDS[fault.at % len(WORLDS)], str(fault))
    found = state(place.out)
    if ended.code == 0 and found != new:
        wrong.append("it said nothing, but the files are not those expected")
    # What cannot be removed is hidden, and removed by the next call.
    stopped = fault.what in ("kill", "power") or fault.kind == "unlink"
    if not stopped and list(place.out.rglob("*.partial*")):
        wrong.append("temporary files are left")
    for group in command.together(place.out):
        names = [path.relative_to(place.out).as_posix() for path in group]
        now = [found.get(name) for name in names]
        if now[0] is not None and now not in ([s.get(n) for n in names] for s in (old, new)):
            wrong.append(f"{' and '.join(names)} are neither those of before nor the new ones")
    again = place.run(words)
    if (again.code, again.error) != (0, "") or state(place.out) != new:
        wrong.append(f"the same command ended with {again.code}: {again.error}")
    return ended, wrong
