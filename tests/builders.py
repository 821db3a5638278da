"""What tests of several modules share: tiny notebooks, the command line, simulated inputs."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pnetlib.estimators import (
    ElasticNetExpression,
    ElasticNetExpressionCV,
    ElasticNetwork,
    LassoExpression,
    LassoExpressionCV,
    NetworkConstrainedRegression,
    NetworkThenPredict,
    NetworkThenPredictCV,
    PredictiveNetwork,
    PredictiveNetworkCV,
)
from pnetlib.workflow.crate import CRATE

ROOT = Path(__file__).resolve().parent.parent


SHARED_CELL = """source = "simulated"
profile = "smoke"
out = ""
seed = 20220823
threads = 0
"""


OWN_CELL = """n_genes = 80
rate = 0.5
drug = "Docetaxel"  # text with = and ;
fixed = False
"""


WRITES = """from pnetlib.workflow.run import Run
run = Run(source, profile, out, seed, threads)
run.write_json("{name}", {{"genes": n_genes, "drug": drug, "third": 1 / 3}})
print("genes", n_genes)"""


READS = """from pnetlib.workflow.run import Run
run = Run(source, profile, out, seed, threads)
first = run.read_json("01_first") or {{"genes": -1}}
run.write_json("{name}", {{"seen": first["genes"]}})"""


RESULT_KINDS = {".json", ".csv", ".npz", ".png", ".svg"}
SMOKE = ("--data", "simulated", "--profile", "smoke")


def write_notebook(path, *sources, cell=SHARED_CELL + OWN_CELL, seconds=None):
    """Write a notebook with a title, a parameters cell and code cells; return its path."""

    def code(at, text, tags=()):
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{at}",
            "metadata": {"tags": list(tags)},
            "outputs": [],
            "source": text,
        }

    title = {
        "cell_type": "markdown",
        "id": "title",
        "metadata": {},
        "source": f"# {path.name[:2]} · What is {path.stem[3:]}?",
    }
    metadata = {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}
    if seconds is not None:
        metadata["pnetlib"] = {"seconds": seconds}
    cells = [title, code(0, cell, ["parameters"])]
    cells += [code(at, text) for at, text in enumerate(sources, 1)]
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), "utf-8")
    return path


def write_three(folder):
    """Write three notebooks, each of which writes a JSON file of its name."""
    for name in ("01_first", "02_second", "03_third"):
        write_notebook(folder / f"{name}.ipynb", WRITES.format(name=name))


def finished_from_copies(folder, project):
    """Make a folder like that of a finished run from the stored outputs of a project's notebooks.

    No step is executed. Figures are those of the repository, and there are no numbers or tables.
    """
    from pnetlib.execution.storage import digest

    (folder / ".made" / "steps").mkdir(parents=True)
    shutil.copytree(project / "notebooks", folder / "notebooks")
    shutil.copytree(project / "figures", folder / "figures")
    made_from = {"source": "simulated", "profile": "smoke", "seed": 1}
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        record = {
            "execution": f"{path.stem} 0",
            "made_from": made_from,
            "library": "0",
            "versions": {},
            "read": {},
            "outputs": {f"notebooks/{path.name}": digest(path)},
        }
        (folder / ".made" / "steps" / f"{path.stem}.json").write_text(json.dumps(record))
    return folder


def command(*arguments, notebooks=None, cwd=None, **environment):
    """Run ``python -m pnetlib run`` as a user would; return the finished process."""
    return subprocess.run(
        list(command_line(*arguments, notebooks=notebooks)),
        cwd=cwd,
        env=command_environment(**environment),
        capture_output=True,
        text=True,
        timeout=100,
    )


def command_line(*arguments, notebooks=None):
    """Return the words of ``python -m pnetlib run``, with a folder of notebooks if one is given."""
    tiny = ("--notebooks", str(notebooks)) if notebooks else ()
    return (sys.executable, "-m", "pnetlib", "run", *tiny, *map(str, arguments))


def command_environment(**environment):
    """Return the environment variables of a process that imports this package."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **environment}


def assert_one_sentence(result, code, *words):
    """Assert that a command ended with a code and one line that says why, without a traceback."""
    assert result.returncode == code, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert str(word) in lines[0]


def status(out, notebooks, *arguments):
    """Return what ``--status`` says of each step by its number, and the last line under ''."""
    result = command(*SMOKE, "--out", out, *arguments, "--status", notebooks=notebooks)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    return {line[:2]: line.partition("  ")[2].strip() for line in lines[:-1]} | {"": lines[-1]}


def executed(out, notebooks, *arguments):
    """Run a command and return the numbers of the steps that it executed."""
    before = len((out / "run.jsonl").read_text().splitlines())
    result = command(*SMOKE, "--out", out, *arguments, notebooks=notebooks)
    assert result.returncode == 0, result.stderr
    lines = (out / "run.jsonl").read_text().splitlines()[before:]
    return [json.loads(line)["step"][:2] for line in lines]


def is_running(pid):
    """Return whether a process still computes (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


def wait_for_pid(path):
    """Return the process id that a notebook writes to a file once it has started."""
    for _ in range(600):
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise AssertionError("nothing was started")


def mostly_long(names, *kept):
    """Return names as parameters of a test; all but those kept are marked as long."""
    return [name if name in kept else pytest.param(name, marks=pytest.mark.long) for name in names]


def results(folder):
    """Return the bytes of all numbers, tables, arrays, figures and folds of a run by name.

    The description of the run is left out, as it says when each step was executed.
    """
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("[!.]*"))
        if file.suffix in RESULT_KINDS and ".made" not in file.parts and file.name != CRATE
    }


def compiled_files():
    """Return the kernels that the processes of the tests have compiled so far."""
    return sorted(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))


@contextmanager
def mounted_disk(folder, size):
    """Give a small disk mounted at a new folder; skip the test where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "pnetlib-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def words(figure):
    """Return all texts of a figure in one string."""
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


def simulation_cell(
    pro=(0.98, 0.95), rest=(0.6, 0.9), width=0.02, lead=0.3, se=0.02, replicates=3, **named
):
    """Return a cell of the simulation study with these rates of Pro and of the other methods.

    `lead` is that of Pro in TP at equal TN over each other method, with its standard error.
    """

    def rates(tp, tn):
        return {
            name: {"mean": value, "low": value - width, "high": value + width}
            for name, value in (("TP", tp), ("TN", tn))
        }

    others = ("NW.P", "ELA", "LA")
    ahead = {"TP at TN 0.95": {"mean": lead, "se": se, "n": replicates}}
    return {
        "design": "TF hub",
        "n_tfs": 5,
        "scenario": 1,
        "error": 0.51,
        "response": "expression",
        "replicates": replicates,
        "methods": {"Pro": rates(*pro)} | {name: rates(*rest) for name in others},
        "paired": dict.fromkeys(others, ahead),
    } | named


# Estimators of the methods, and those that choose their lambdas.
SEARCH_OF = {
    ElasticNetExpression: ElasticNetExpressionCV,
    LassoExpression: LassoExpressionCV,
    NetworkThenPredict: NetworkThenPredictCV,
    PredictiveNetwork: PredictiveNetworkCV,
}


def plain_estimators():
    """Return every estimator with given lambdas, on one thread, its defaults otherwise."""
    kinds = [ElasticNetwork, NetworkConstrainedRegression, *SEARCH_OF]
    return [kind(**{"n_jobs": 1} if "n_jobs" in kind().get_params() else {}) for kind in kinds]


def searching_estimators(**options):
    """Return every estimator that chooses its lambdas on three folds, by the one whose they are."""
    return {kind: search(cv=3, n_jobs=1, **options) for kind, search in SEARCH_OF.items()}


def named(models):
    """Return a test parameter ``model`` with names of classes."""
    return pytest.mark.parametrize("model", models, ids=lambda model: type(model).__name__)


def own_cohort(folder, lines=60, genes=40, drugs=("drug A", "drug B", "drug C"), seed=3):
    """Write tables of a made-up cohort into a new folder, as a user may have them; return it.

    Genes are in rows of the expression, two lines lack the second response, and a few genes decide
    all responses.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    names = [f"PT-{number:03d}" for number in rng.permutation(lines)]
    symbols = [f"G{number:02d}" for number in range(genes)]
    shared = rng.normal(size=(lines, 4))
    values = shared @ rng.normal(size=(4, genes)) + rng.normal(size=(lines, genes))
    expression = pd.DataFrame(values.round(4), names, symbols)
    response = pd.DataFrame(
        {drug: shared[:, 0] + 0.5 * rng.normal(size=lines) for drug in drugs}, names
    ).round(4)
    response.iloc[[5, 9], 1] = np.nan
    expression.T.to_csv(folder / "expression.csv")
    response.to_csv(folder / "response.csv")
    tissues = pd.DataFrame({"tissue": rng.choice(["lung", "skin", "bone"], lines)}, names)
    tissues.to_csv(folder / "annotation.csv")
    return folder
