"""Notebooks of others through the driver, next to papermill's own command on the same files.

The driver needs one cell tagged ``parameters`` in every notebook. Where there is none, it has to say
so, and a copy with such a cell is executed instead. Both commands must then agree on whether a
notebook fails and on what its cells print; a failure of the driver is one sentence with exit code 1.
"""

import json
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

CELL = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {"tags": ["parameters"]},
    "outputs": [],
    "source": "profile = 'smoke'",
}
NOTEBOOK_FAILED, REFUSED = 1, 3


def try_notebooks(python, found, work, environment):
    """Return how each notebook ended, by name, as the plugin records tests.

    Parameters
    ----------
    python : Path
        Interpreter of the environment with this package and papermill.
    found : dict of str to Path
        The notebooks by name.
    work : Path
        Folder for copies and results.
    environment : dict of str to str
        Variables of both commands.
    """
    records = {}
    for name, notebook in found.items():
        folder = work / name.replace("/", "-")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "notebooks").mkdir(parents=True)
        copy = folder / "notebooks" / "01_other.ipynb"
        shutil.copyfile(notebook, copy)
        run = [python, "-m", "pnetlib", "run", "--data", "simulated", "--profile", "smoke"]
        run += ["--notebooks", copy.parent, "--out", folder / "out"]
        refused = _call([*run, "--check"], environment, folder)
        if refused.returncode:
            records[f"{name} as it is"] = _record(_refusal(refused))
            _add_parameters(copy)
        ours = _call(run, environment, folder)
        words = [
            python,
            "-m",
            "papermill",
            "-k",
            "python3",
            "--no-progress-bar",
            "--log-level",
            "ERROR",
        ]
        theirs = _call([*words, copy, folder / "theirs.ipynb"], environment, folder)
        records[name] = _record(_difference(ours, theirs, folder))
    return records


def _record(why):
    outcome = "failed" if why else "passed"
    return {"outcome": outcome, "why": why, "fits": {"estimator": 1, "solver": 0}}


def _call(words, environment, folder):
    # The folder is not that of the notebook, for either command.
    cwd = folder / "cwd"
    cwd.mkdir(exist_ok=True)
    return subprocess.run(
        list(map(str, words)),
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )


def _refusal(result):
    """Return what is wrong with a refusal: it must be one sentence about the parameters cell."""
    lines = result.stderr.strip().splitlines()
    if result.returncode == REFUSED and len(lines) == 1 and "parameters" in lines[0]:
        return ""
    return f"exit code {result.returncode}: {result.stderr.strip()[-300:]}"


def _add_parameters(notebook):
    """Put a parameters cell first, which is then the only one that is tagged."""
    content = json.loads(notebook.read_text("utf-8"))
    for cell in content["cells"]:
        cell["metadata"].pop("tags", None)
    content["cells"].insert(0, CELL)
    notebook.write_text(json.dumps(content), "utf-8")


def _difference(ours, theirs, folder):
    """Return where the driver does not end as papermill does, else nothing."""
    failed = theirs.returncode != 0
    if ours.returncode != (NOTEBOOK_FAILED if failed else 0):
        return (
            f"exit code {ours.returncode} ({ours.stderr.strip()[-300:]}), papermill's "
            f"{theirs.returncode} ({theirs.stderr.strip()[-200:]})"
        )
    lines = ours.stderr.strip().splitlines()
    if failed and (len(lines) != 1 or not lines[0].startswith("error: ")):
        return f"not one sentence: {ours.stderr.strip()[-300:]}"
    copies = list((folder / "out" / "notebooks").glob("*.ipynb"))
    if [copy.name for copy in copies] != [f"01_other{'.failed' if failed else ''}.ipynb"]:
        return f"the folder has {', '.join(copy.name for copy in copies) or 'no notebook'}"
    printed = _printed(copies[0]), _printed(folder / "theirs.ipynb")
    for at, (one, other) in enumerate(zip(*printed)):
        if one != other:
            return f"cell {at} has {one!r:.150} instead of {other!r:.150}"
    return "" if len(printed[0]) == len(printed[1]) else "another number of cells"


def _printed(path: Path):
    """Return the kinds of outputs of every code cell, and what is text of them."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [
        _joined(
            (output["output_type"], output.get("ename", ""), output.get("name", ""), _text(output))
            for output in cell["outputs"]
        )
        for cell in cells
        if cell["cell_type"] == "code"
        and "injected-parameters" not in cell["metadata"].get("tags", [])
    ]


def _joined(outputs):
    """Return outputs with one text for all that follow each other in a stream, however it came."""
    groups = groupby(outputs, key=lambda output: output[:3])
    parts = [(kind, [text for *_, text in group]) for kind, group in groups]
    return [
        (*kind, text)
        for kind, texts in parts
        for text in (["".join(texts)] if kind[0] == "stream" else texts)
    ]


def _text(output):
    data = output.get("data", {}).get("text/plain", "")
    return "".join(output.get("text", "")) + "".join(data)
