"""What the repository shows of one finished run: figures, executed notebooks, numbers, sentences."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from pnetlib.errors import UsageError
from pnetlib.execution.storage import replace_files
from pnetlib.workflow.artefacts import BENCHMARK_FIGURES, FIGURES, has_whole_benchmark
from pnetlib.workflow.crate import codecheck
from pnetlib.workflow.edition import check_finished, edition_texts, of_others, outdated
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
    edition = edition_texts(run, found, project / "notebooks")
    new = {project / "edition" / name: text.encode() for name, text in edition.items()}
    new |= {pages[name]: text.encode() for name, text in texts.items()}
    whole = has_whole_benchmark(run)
    copied, figures = _figures(run, project / "figures", whole)
    old = [*outdated(project / "edition", edition), *_old_figures(project / "figures", whole)]
    old = [path for path in old if path not in figures]
    shown = ({*(project / "figures").glob("*.*")} - {*old}) | {*figures}
    index = _index(project, {path.name for path in shown}, found, whole)
    new |= figures | {project / "figures" / "README.md": index.encode()}
    new[project / "codecheck.yml"] = codecheck(_manifest(project, new, old)).encode()
    # All at once and last, so that an error before it changes nothing.
    replace_files(new, old)
    return copied


def _manifest(project: Path, new: Collection[Path], old: Collection[Path]) -> dict[str, str]:
    """Return every figure and notebook that the repository will show, with what it is.

    `new` are the files that will be written, `old` those that will be removed.
    """
    figures = {f"figures/{name}.png": text for name, text in FIGURES.items()}
    notebooks = {
        f"edition/{step.name}.ipynb": f"{step.number} {step.title}: {step.question}"
        for step in find_steps(project / "notebooks")
    }
    files = figures | notebooks | {"edition/findings.json": "numbers and sentences of the results"}
    paths = {name: project / name for name in files}
    shown = {n for n, path in paths.items() if path in new or (path.is_file() and path not in old)}
    return {name: text for name, text in files.items() if name in shown}


def _figures(run: Path, folder: Path, whole: bool) -> tuple[list[str], dict[Path, bytes]]:
    """Return the names of the figures of a run to be copied into a folder, and the files."""
    present = [name for name in FIGURES if (run / "figures" / f"{name}.png").is_file()]
    copied = [name for name in present if whole or not name.startswith(BENCHMARK_FIGURES)]
    files = {}
    for name in copied:
        files[folder / f"{name}.png"] = (run / "figures" / f"{name}.png").read_bytes()
        svg = run / "figures" / f"{name}.svg"
        if svg.is_file() and svg.stat().st_size <= LARGEST_SVG:
            files[folder / svg.name] = svg.read_bytes()
    return copied, files


def _old_figures(folder: Path, whole: bool) -> list[Path]:
    """Return the figures in a folder that a run replaces."""
    present = [*folder.glob("*.png"), *folder.glob("*.svg")]
    return [old for old in present if whole or not old.name.startswith(BENCHMARK_FIGURES)]


def _index(project: Path, files: Collection[str], found: Mapping[str, str], whole: bool) -> str:
    """Return the index of the figures in the repository, whose files have these names."""
    shown = [name for name in FIGURES if f"{name}.png" in files]
    notebooks = {step.number: step.name for step in find_steps(project / "notebooks")}
    rows = []
    for name in shown:
        svg = f" ([svg]({name}.svg))" if f"{name}.svg" in files else ""
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
        text += ["", _of_benchmark(project / "figures" / "README.md", whole)]
    return "\n".join(text).rstrip("\n") + "\n"


def _of_benchmark(index: Path, whole: bool) -> str:
    """Return where the figures 11 come from: this run, or what the present index says."""
    if not whole and index.is_file() and (kept := KEPT.search(index.read_text("utf-8"))):
        return kept[0]
    return f"<!-- benchmark -->\n{OF_RUN if whole else UNKNOWN}\n<!-- /benchmark -->\n"
