"""The figures shown in the repository, copied from one run, with an index of their origin."""

import shutil
from pathlib import Path

import pnetlib
from pnetlib.errors import UsageError
from pnetlib.workflow.artefacts import FIGURES, provenance
from pnetlib.workflow.project import project_root

LARGEST_SVG = 100_000  # bytes; larger files make every change of a figure a huge diff


def publish(run: Path, folder: Path) -> list[str]:
    """Copy the figures of the finished run in a folder, write their index, and return their names.

    Every figure is copied as PNG, and as SVG if that file has at most `LARGEST_SVG` bytes. Figures
    that the run does not have remain unchanged in `folder`; the index is its ``README.md``.
    """
    origin = provenance(run)
    if origin is None:
        raise UsageError(
            f"{run} is not the folder of a finished run; name one such as results/gdsc-standard."
        )
    source, read, seed = origin
    names = [name for name in FIGURES if (run / "figures" / f"{name}.png").is_file()]
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copyfile(run / "figures" / f"{name}.png", folder / f"{name}.png")
        svg = run / "figures" / f"{name}.svg"
        (folder / svg.name).unlink(missing_ok=True)
        if svg.stat().st_size <= LARGEST_SVG:
            shutil.copyfile(svg, folder / svg.name)
    files = [f"- `{name}`: `{digest}`" for name, digest in sorted(read.items())]
    text = [
        "# Figures",
        "",
        f"Made by the run `{run.name}` of pnetlib {pnetlib.__version__} on the source "
        f"`{source}` with seed {seed}. Files read, with their SHA-256:",
        "",
        *files,
        "",
        "| figure | shows | notebook |",
        "|---|---|---|",
        *(_row(name, folder) for name in names),
    ]
    (folder / "README.md").write_text("\n".join(text) + "\n", "utf-8")
    return names


def _row(name: str, folder: Path) -> str:
    """Return the row of a figure in the index, with a link to its SVG if there is one."""
    svg = f" ([svg]({name}.svg))" if (folder / f"{name}.svg").is_file() else ""
    notebook = next((project_root() / "notebooks").glob(f"{name[:2]}_*.ipynb")).name
    return (
        f"| [{name}]({name}.png){svg} | {FIGURES[name]} | [{name[:2]}](../notebooks/{notebook}) |"
    )
