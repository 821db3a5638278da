"""The figures shown in the repository, copied from one run, with an index of their origin."""

import json
import shutil
from pathlib import Path

import pnetlib
from pnetlib.errors import UsageError
from pnetlib.workflow.project import project_root

LARGEST_SVG = 100_000  # bytes; larger files make every change of a figure a huge diff
TITLES = {
    "01_genes": "variance of the genes, the threshold, and the published markers",
    "01_responses": "responses to the four drugs and their correlations",
    "01_tissues": "cell lines by tissue",
    "02_errors": "figure 2: prediction error of each method and drug",
    "02_differences": "difference in error between Pro and each other model, fold by fold",
    "02_control": "the same procedure on permuted responses",
    "03_markers": "figure 3: effects, degrees and ranks of the markers",
    "04_networks": "figure 4: networks of sensitive and resistant cell lines",
    "04_hubs": "degrees of the markers in both networks",
    "04_errors": "choice of lam1 for both networks",
    "05_effects": "figure 5: regulatory effects over single edges",
    "05_effects_two_steps": "figure 5 with paths of at most two edges",
    "06_selection": "table 1: relevant genes selected, compared with the paper (simulated)",
    "06_ablation": "what Pro selects when one component is changed (simulated)",
    "06_edges": "how well the true network is recovered at each error level (simulated)",
    "06_networks_expression": "genes selected with other networks, response from expression (simulated)",
    "06_networks_activity": "genes selected with other networks, response from activity (simulated)",
    "07_surface": "Pro's inner cross-validation error as a function of its lambdas",
    "07_rules": "rules for choosing the lambdas: error on unseen cell lines and size of the model",
    "08_markers": "how often each marker is selected on halves of the cell lines",
    "08_bounds": "expected number of false genes as a function of the selection threshold",
    "08_edges": "how often each edge of the markers is found in both groups",
    "09_edges": "edges that differ between the groups, compared with permuted labels",
    "09_degrees": "degrees of the markers that differ between the groups",
    "09_effects": "figure 5 with intervals: regulatory effects over single edges",
    "09_effects_two_steps": "the same with paths of at most two edges",
    "09_sensitivity": "figures 4 and 5 with other group sizes and another estimator",
    "10_drugs": "Pro compared with the other models on further drugs",
    "10_tissues": "reduction in error on random cell lines and on unseen tissues",
    "10_weights": "this project's extension: a weight on the prediction error",
    "11_solvers": "seconds of every solver to the same accuracy",
    "11_lower_bound": "distance of this project's solver to the lower bound of the hardware",
    "11_phases": "where the time of the joint fits goes",
    "11_growth": "time and memory of one network, up to the whole genome (simulated)",
    "12_claims": "every claim of the paper, what the run found, and a verdict",
}


def publish(run: Path, folder: Path) -> list[str]:
    """Copy the figures of a run and write their index, ``README.md``.

    Every figure is copied as PNG, and as SVG if that file has at most `LARGEST_SVG` bytes.

    Parameters
    ----------
    run : Path
        Folder of a finished run.
    folder : Path
        Folder to copy to; figures that the run does not have remain unchanged there.

    Returns
    -------
    list of str
        Names of the figures copied.

    Raises
    ------
    UsageError
        If the folder is not that of a finished run.
    """
    data = run / "01_data.json"
    comparison = run / "02_comparison.json"
    if not data.is_file() or not comparison.is_file():
        raise UsageError(
            f"{run} is not the folder of a finished run; name one such as results/gdsc-standard."
        )
    numbers = json.loads(data.read_text("utf-8"))
    seed = json.loads(comparison.read_text("utf-8"))["seed"]
    names = [name for name in TITLES if (run / "figures" / f"{name}.png").is_file()]
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copyfile(run / "figures" / f"{name}.png", folder / f"{name}.png")
        svg = run / "figures" / f"{name}.svg"
        (folder / svg.name).unlink(missing_ok=True)
        if svg.stat().st_size <= LARGEST_SVG:
            shutil.copyfile(svg, folder / svg.name)
    files = [f"- `{name}`: `{digest}`" for name, digest in sorted(numbers["files"].items())]
    text = [
        "# Figures",
        "",
        f"Made by the run `{run.name}` of pnetlib {pnetlib.__version__} on the source "
        f"`{numbers['source']}` with seed {seed}. Files read, with their SHA-256:",
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
    return f"| [{name}]({name}.png){svg} | {TITLES[name]} | [{name[:2]}](../notebooks/{notebook}) |"
