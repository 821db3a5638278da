"""The run under test: two tiny notebooks that write everything that a step can write."""

import json
from pathlib import Path

from builders import READS, SMOKE, write_notebook

FIRST = """from pnetlib.workflow.run import Run
run = Run(source, profile, out, seed, threads)
stored = run.folds().of("pnetlib.stats.ranks", "powers")
powers = list(run.engine.map(pow, [(2, k) for k in range(3)], stored=stored))
run.write_json("01_first", {"powers": powers, "genes": n_genes})
print("powers", powers)"""

SECOND = """import numpy as np
import pandas as pd
from matplotlib.figure import Figure
run.write_table("01_table", pd.DataFrame({"x": [0.1, 0.2], "y": ["a", "b"]}))
run.write_arrays("01_arrays", x=np.arange(5) / 3)
figure = Figure(figsize=(1, 1))
figure.subplots().plot([1, 2])
run.save_figure("01_figure", figure)"""

# As numba would leave it, so that the driver packs it into the archive of compiled kernels.
KERNEL = """import os
from pathlib import Path
Path(os.environ["NUMBA_CACHE_DIR"], "tiny.nbc").write_bytes(bytes(100))
run.write_text("02_page.html", "<p>page</p>")"""


def write_notebooks(folder: Path) -> Path:
    """Write the notebooks of the run under test into a new folder; return the folder."""
    folder.mkdir(parents=True)
    write_notebook(folder / "01_first.ipynb", FIRST, SECOND)
    write_notebook(folder / "02_second.ipynb", READS.format(name="02_second"), KERNEL)
    return folder


def words_of_run(notebooks: Path, out: Path) -> list[str]:
    """Return the command of the run under test."""
    return ["run", *SMOKE, "--notebooks", str(notebooks), "--out", str(out), "-j", "1"]


def content(folder: Path) -> dict[str, bytes]:
    """Return all files of a run by name, without times and identifiers of executions.

    Logs and ``run.jsonl`` are left out, and so is a cache of digests, which has dates of files.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in ("run.jsonl", ".lock", ".made/source.json"):
            continue
        if name.startswith("logs/"):
            continue
        data = path.read_bytes()
        if name.endswith(".ipynb"):
            notebook = json.loads(data)
            for part in (notebook, *notebook["cells"]):
                part.pop("id", None)
                part["metadata"].pop("papermill", None)
                part["metadata"].pop("execution", None)
            data = json.dumps(notebook).encode()
        elif name.startswith(".made/"):
            record = json.loads(data)
            if "execution" in record:
                record["execution"] = record["execution"].partition(" ")[0]
            for kind in ("outputs", "read"):
                record[kind] = {
                    k: v for k, v in record.get(kind, {}).items() if not k.endswith(".ipynb")
                }
            data = json.dumps(record).encode()
        elif name == "ro-crate-metadata.json":
            data = _without_notebooks(json.loads(data))
        found[name] = data
    return found


def _without_notebooks(crate: dict) -> bytes:
    """Return a description without times, and without digests and sizes of notebooks.

    It has no times of a step whose line in ``run.jsonl`` was lost.
    """
    for item in crate["@graph"]:
        for name in ("startTime", "endTime", "datePublished"):
            item.pop(name, None)
        if str(item.get("@id", "")).endswith(".ipynb"):
            item.pop("sha256", None)
            item.pop("contentSize", None)
    return json.dumps(crate).encode()
