"""The figures shown in the repository: copied from one run, with an index of what made them."""

import json
import shutil
from pathlib import Path

import pnetlib
from pnetlib.errors import UsageError
from pnetlib.workflow.project import project_root

TITLES = {
    "01_genes": "genes by variance, the cut, and the published markers",
    "01_responses": "responses to the four drugs and their correlations",
    "01_tissues": "cell lines by tissue",
    "02_errors": "figure 2: prediction error of each method and drug",
    "02_differences": "Pro's error less that of the other models, fold by fold",
    "02_control": "the same procedure on permuted responses",
    "03_markers": "figure 3: effects, degrees and ranks of the markers",
    "04_networks": "figure 4: networks of sensitive and resistant lines",
    "04_hubs": "degrees of the markers in both networks",
    "04_errors": "choice of lam1 for both networks",
    "05_effects": "figure 5: regulatory effects over single edges",
    "05_effects_two_steps": "regulatory effects over paths of at most two edges",
    "06_selection": "first table: relevant genes selected, beside the paper's figures (simulated)",
    "06_ablation": "what Pro selects with one part changed (simulated)",
    "06_edges": "how well the planted network is found at each error level (simulated)",
    "06_networks_expression": "genes selected on other networks, by expression (simulated)",
    "06_networks_activity": "genes selected on other networks, by activity (simulated)",
    "07_surface": "Pro's inner error over its lambdas",
    "07_rules": "rules to choose the lambdas: error on unseen lines and size of the model",
    "08_markers": "how often each marker comes out on halves of the lines",
    "08_bounds": "false genes to expect beside the share of halves asked for",
    "08_edges": "how often each edge of the markers comes out in both groups",
    "09_edges": "edges that differ between the groups, against exchanged labels",
    "09_degrees": "degrees of the markers that differ between the groups",
    "09_effects": "figure 5 with intervals: regulatory effects over single edges",
    "09_effects_two_steps": "the same over paths of at most two edges",
    "09_sensitivity": "figures 4 and 5 at other cuts and by another estimator",
    "10_drugs": "Pro against the other models on further drugs",
    "10_tissues": "error saved on random lines and on unseen tissues",
    "10_weights": "an extension of ours: a weight on the prediction error",
    "11_solvers": "seconds of every solver to the same accuracy",
    "11_lower_bound": "distance of this project's solver to the lower bound of the hardware",
    "11_phases": "where the time of the joint fits goes",
    "11_growth": "time and memory of one network, up to the whole genome (simulated)",
    "12_claims": "every claim of the paper with what the run found and a verdict",
}


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
    data = run / "01_data.json"
    comparison = run / "02_comparison.json"
    if not data.is_file() or not comparison.is_file():
        raise UsageError(
            f"{run} holds no finished run; name a folder such as results/gdsc-standard."
        )
    numbers, seed = json.loads(data.read_text("utf-8")), json.loads(comparison.read_text("utf-8"))
    names = [name for name in TITLES if (run / "figures" / f"{name}.png").is_file()]
    folder.mkdir(exist_ok=True)
    for name in names:
        for kind in ("png", "svg"):
            shutil.copyfile(run / "figures" / f"{name}.{kind}", folder / f"{name}.{kind}")
    rows = [
        f"| [{name}]({name}.png) ([svg]({name}.svg)) | {TITLES[name]} | "
        f"[{name[:2]}](../notebooks/{notebook(name)}) |"
        for name in names
    ]
    files = [f"- `{name}`: `{digest}`" for name, digest in sorted(numbers["files"].items())]
    text = [
        "# Figures",
        "",
        f"Made by the run `{run.name}` of pnetlib {pnetlib.__version__} on the source "
        f"`{numbers['source']}` with seed {seed['seed']}. Files read, with their SHA-256:",
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
