"""Files of a million columns or two million rows: read or refused in seconds, in bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest

# The file is made before memory is limited to that of the process and four times the file.
PROGRAM = """
import resource, sys, time
from pathlib import Path
from pnetlib.datasets import ctrp, gdsc_official as official
from pnetlib.datasets.delimited import read_delimited
from pnetlib.datasets.regulons import read_regulons
from pnetlib.errors import PnetError
import python_calamine

path, kind = Path(sys.argv[1]), sys.argv[2]
read = {
    "expression": lambda: official.read_expression(path, []),
    "response": lambda: official.read_response(path, {"A": 1, "B": 2}, []),
    "drugs": lambda: official.drugs_in(path),
    "areas": lambda: ctrp._area_table(path, ctrp.OFFICIAL),
    "lines": lambda: official.read_annotation(path, []),
}[kind]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
try:
    read()
    said = "read"
except PnetError as error:
    said = str(error)
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(f"{time.process_time() - started:.2f} {used / 1024:.1f} {said}")
"""

large = pytest.mark.skipif(
    "PNETLIB_TEST_LARGE" not in os.environ, reason="large files: set PNETLIB_TEST_LARGE=1"
)
ROWS = 200_000  # a tenth of what the slow tests have
WIDE = 100_000


def measured(path, kind):
    """Return seconds, megabytes per megabyte of the file, and what became of it, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path, kind], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, used, said = done.stdout.split(" ", 2)
    return float(seconds), float(used) / (path.stat().st_size / 2**20), said.strip()


def wide(folder, kind, columns):
    names = [f"DATA.{k}" for k in range(columns)]
    if kind == "expression":
        rows = [["GENE_SYMBOLS", *names], *([f"G{k}", *["1.5"] * columns] for k in range(3))]
        path, separator = folder / "Cell_line_RMA_proc_basalExp.txt", "\t"
    elif kind == "areas":
        rows = [["experiment_id", "area_under_curve", "master_cpd_id", *names]]
        rows += [["1", "2.5", "3", *["0"] * columns]] * 3
        path, separator = folder / "v20.data.curves_post_qc.txt", "\t"
    else:
        head = ["cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label"]
        head = head if kind == "lines" else ["COSMIC_ID", "DRUG_ID", "LN_IC50"]
        rows = [[*head, *names], *([str(k)] * (len(head) + columns) for k in range(3))]
        path, separator = folder / ("cell_lines.csv" if kind == "lines" else "x.csv"), ","
    path.write_text("".join(separator.join(row) + "\n" for row in rows))
    return path


def long(folder, kind, n):
    numbers = np.random.default_rng(0).normal(size=n).round(6)
    if kind == "expression":
        path, head = folder / "Cell_line_RMA_proc_basalExp.txt", "GENE_SYMBOLS\tDATA.1\tDATA.2"
        rows = (f"G{k}\t{x}\t{x}" for k, x in enumerate(numbers))
    elif kind == "areas":
        path, head = folder / "v20.x.txt", "experiment_id\tarea_under_curve\tmaster_cpd_id"
        rows = (f"{k // 500}\t{x}\t{k % 500}" for k, x in enumerate(numbers))
    elif kind == "lines":
        path, head = folder / "cell_lines.csv", "cosmic_id,cell_line,gdsc_tissue_1,tcga_label"
        rows = (f"{k},L{k},lung,LUAD" for k in range(n))
    else:
        path, head = folder / "x.csv", "COSMIC_ID,DRUG_ID,LN_IC50"
        rows = (f"{k // 500},{k % 500},{x}" for k, x in enumerate(numbers))
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.mark.long
@pytest.mark.parametrize("kind", ["expression", "response", "drugs", "areas", "lines"])
def test_more_columns_than_sense_are_refused(tmp_path, kind):
    seconds, _, said = measured(wide(tmp_path, kind, WIDE + 1), kind)
    assert "may have" in said and said.endswith(".")
    assert seconds < 2


@pytest.mark.long
@pytest.mark.parametrize("kind", ["expression", "response", "drugs", "areas"])
def test_many_rows_are_read(tmp_path, kind):
    seconds, _, said = measured(long(tmp_path, kind, ROWS), kind)
    assert said == "read" and seconds < 5


@large
@pytest.mark.parametrize("kind", ["expression", "response", "drugs", "areas", "lines"])
def test_a_million_columns(tmp_path, kind):
    seconds, used, said = measured(wide(tmp_path, kind, 1_000_000), kind)
    assert "may have" in said
    assert seconds < 10 and used < 4, (seconds, used)


@large
@pytest.mark.parametrize("kind", ["expression", "response", "drugs", "areas", "lines"])
def test_two_million_rows(tmp_path, kind):
    seconds, used, said = measured(long(tmp_path, kind, 2_000_000), kind)
    assert (said == "read") == (kind in ("response", "drugs")) and (
        "may have" in said or said == "read"
    )
    assert seconds < 10 and used < 4, (seconds, used)
