"""What the repository shows of one finished run: figures, executed notebooks, numbers, sentences."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from pnetlib.errors import UsageError
from pnetlib.execution.storage import whole_file
from pnetlib.workflow.artefacts import BENCHMARK_FIGURES, FIGURES, has_whole_benchmark
from pnetlib.workflow.crate import codecheck
from pnetlib.workflow.edition import check_finished, of_others, write_edition
from pnetlib.workflow.findings import fill, findings
from pnetlib.workflow.notebooks import find_steps

LARGEST_SVG = 100_000  # bytes; larger files make every change of a figure a huge diff
PAGES = (
    "README.md",
    "docs/index.md",
    "docs/results.md",
    "docs/discussion.md",
    "docs/provenance.md",
    "docs/multiverse.md",
    "docs/uncertainty.md",
    "docs/ja/index.md",
)
KEPT = re.compile(r"<!-- benchmark -->\n.*?<!-- /benchmark -->\n", re.S)
UNKNOWN = "The figures 11 were published earlier, from a whole benchmark (`./reproduce.sh bench`)."
OF_RUN = "The figures 11 come from the whole benchmark that this run read."


def publish(run: Path, project: Path) -> list[str]:
    """Publish a finished run in the repository: figures, edition, and the numbers of its pages.

    The same run gives the same bytes. The figures of step 11 are replaced only if the run read a
    whole benchmark; else those that are there remain.

    Parameters
    ----------
    run : Path
        Folder of the run.
    project : Path
        Folder of the repository, with ``notebooks`` and `PAGES`.

    Returns
    -------
    list of str
        Names of the figures that were copied.

    Raises
    ------
    UsageError
        If a step of the run is missing, its files are not of one run, or its cohort or markers are
        not the paper's.
    DataError
        If a notebook holds something that must not be published.
    """
    check_finished(run, project / "notebooks")
    if of_others(run):
        raise UsageError(
            f"{run} is not on the paper's cohort, so it is not published in the repository; "
            "./reproduce.sh docs builds its pages."
        )
    found = findings(run)
    pages = {name: project / name for name in PAGES if (project / name).is_file()}
    texts = {name: fill(path.read_text("utf-8"), found, name) for name, path in pages.items()}
    write_edition(run, project / "edition", found, project / "notebooks")
    for name, text in texts.items():
        with whole_file(pages[name]) as partial:
            partial.write_text(text, "utf-8")
    copied = _copy_figures(run, project, found)
    with whole_file(project / "codecheck.yml") as partial:
        partial.write_text(codecheck(_manifest(project)), "utf-8")
    return copied


def _manifest(project: Path) -> dict[str, str]:
    """Return every figure and notebook that the repository shows, with what it is."""
    figures = {f"figures/{name}.png": text for name, text in FIGURES.items()}
    notebooks = {
        f"edition/{step.name}.ipynb": f"{step.number} {step.title}: {step.question}"
        for step in find_steps(project / "notebooks")
    }
    files = figures | notebooks | {"edition/findings.json": "numbers and sentences of the results"}
    return {name: text for name, text in files.items() if (project / name).is_file()}


def _copy_figures(run: Path, project: Path, found: Mapping[str, str]) -> list[str]:
    """Copy the figures of a run, remove others, write the index, and return the names copied."""
    folder, whole = project / "figures", has_whole_benchmark(run)
    folder.mkdir(exist_ok=True)
    present = [name for name in FIGURES if (run / "figures" / f"{name}.png").is_file()]
    copied = [name for name in present if whole or not name.startswith(BENCHMARK_FIGURES)]
    for old in (*folder.glob("*.png"), *folder.glob("*.svg")):
        if whole or not old.name.startswith(BENCHMARK_FIGURES):
            old.unlink()
    for name in copied:
        shutil.copyfile(run / "figures" / f"{name}.png", folder / f"{name}.png")
        svg = run / "figures" / f"{name}.svg"
        if svg.is_file() and svg.stat().st_size <= LARGEST_SVG:
            shutil.copyfile(svg, folder / svg.name)
    with whole_file(folder / "README.md") as partial:
        partial.write_text(_index(folder, project, found, whole), "utf-8")
    return copied


def _index(folder: Path, project: Path, found: Mapping[str, str], whole: bool) -> str:
    """Return the index of the figures in a folder."""
    shown = [name for name in FIGURES if (folder / f"{name}.png").is_file()]
    notebooks = {step.number: step.name for step in find_steps(project / "notebooks")}
    rows = []
    for name in shown:
        svg = f" ([svg]({name}.svg))" if (folder / f"{name}.svg").is_file() else ""
        number = name[:2]
        link = (
            f"[{number}](../edition/{notebooks[number]}.ipynb)" if number in notebooks else number
        )
        rows.append(f"| [{name}]({name}.png){svg} | {FIGURES[name]} | {link} |")
    text = [
        "# Figures",
        "",
        found["run"],
        "[Where it comes from](../docs/provenance.md) has the files read, with their SHA-256.",
        "",
        "| figure | shows | notebook |",
        "|---|---|---|",
        *rows,
    ]
    if any(name.startswith(BENCHMARK_FIGURES) for name in shown):
        text += ["", _of_benchmark(folder / "README.md", whole)]
    return "\n".join(text).rstrip("\n") + "\n"


def _of_benchmark(index: Path, whole: bool) -> str:
    """Return where the figures 11 come from: this run, or what the present index says."""
    if not whole and index.is_file() and (kept := KEPT.search(index.read_text("utf-8"))):
        return kept[0]
    return f"<!-- benchmark -->\n{OF_RUN if whole else UNKNOWN}\n<!-- /benchmark -->\n"
