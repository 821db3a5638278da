"""The figures shown in the repository: copied from one run, with an index of what made them."""

import shutil
from pathlib import Path

import pnetlib
from pnetlib.errors import UsageError
from pnetlib.workflow.artefacts import FIGURES, provenance
from pnetlib.workflow.project import project_root


def publish(run: Path, folder: Path) -> list[str]:
    """Copy a run's figures to `folder` and write its index.

    Parameters
    ----------
    run : Path
        Folder of a finished run.
    folder : Path
        Where the figures go; figures that the run lacks stay as they are.

    Returns
    -------
    list of str
        Names of the figures copied.
    """
    origin = provenance(run)
    if origin is None:
        raise UsageError(
            f"{run} holds no finished run; name a folder such as results/gdsc-standard."
        )
    source, read, seed = origin
    names = [name for name in FIGURES if (run / "figures" / f"{name}.png").is_file()]
    folder.mkdir(exist_ok=True)
    for name in names:
        for kind in ("png", "svg"):
            shutil.copyfile(run / "figures" / f"{name}.{kind}", folder / f"{name}.{kind}")
    rows = [
        f"| [{name}]({name}.png) ([svg]({name}.svg)) | {FIGURES[name]} | "
        f"[{name[:2]}](../notebooks/{notebook(name)}) |"
        for name in names
    ]
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
        *rows,
    ]
    (folder / "README.md").write_text("\n".join(text) + "\n", "utf-8")
    return names


def notebook(figure: str) -> str:
    """The notebook that makes a figure."""
    return next((project_root() / "notebooks").glob(f"{figure[:2]}_*.ipynb")).name
