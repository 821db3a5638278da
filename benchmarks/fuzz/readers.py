"""Change valid inputs of every reader at random, and compare what is read with what they say.

``python -m benchmarks.fuzz.readers --seed 1 --files 5000`` prints one row per reader: files tried,
read, refused in one sentence, read wrongly (another value than the file has, or a file that has none
plainly), crashed (any other error), and slow (more than 10 s). The first of each kind are printed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import itertools
import math
import os
import re
import signal
import sys
import tempfile
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from scipy.sparse import csc_array

from benchmarks.fuzz import strict
from benchmarks.fuzz.mutations import Grid, as_text, changed, damaged
from benchmarks.fuzz.workbook import workbook
from pnetlib.datasets import candidates, ctrp, gdsc_official as official
from pnetlib.datasets.cohort import Cohort
from pnetlib.datasets.own_tables import read_own_expression
from pnetlib.datasets.regulons import read_regulons, regulator_names
from pnetlib.errors import PnetError
from pnetlib.io import read_network, write_network

PATIENCE = 10  # seconds per file
CLOSE = 1e-12  # relative; the parsers of pandas and Python differ in the last bit
RANDOM = Random(20220823)  # noqa: S311 - the numbers of the valid files
COSMIC = ("930299", "909976", "905936", "1240131", "908444", "683665")
GENES = ("RET", "PTPRC", "AKR1C1", "ANXA10", "HLA-A", "SEPT9")
DRUGS = {"Doxorubicin": 133, "Docetaxel": 1007}


class Case(NamedTuple):
    """Files by name, the one to read, and what it says; None if it must be refused."""

    files: Mapping[str, bytes]
    path: str
    truth: strict.Truth


class Reader(NamedTuple):
    """A reader: how its input is made, and how it is read as a dict from keys to values."""

    make: Callable[[Random], Case]
    read: Callable[[Path], dict]


def values(rows: int, columns: int) -> list[list[str]]:
    return [[f"{RANDOM.gauss(6, 2):.6f}" for _ in range(columns)] for _ in range(rows)]


def of_table(table) -> dict:
    """Return (row, column) to value of a DataFrame, without missing ones."""
    stacked = table.to_numpy()
    return {
        (line, name): value
        for line, row in zip(table.index, stacked)
        for name, value in zip(table.columns, row)
        if value == value
    }


EXPRESSION: Grid = [["GENE_SYMBOLS", "GENE_title", *(f"DATA.{line}" for line in COSMIC)]]
EXPRESSION += [[gene, f"the {gene} gene", *row] for gene, row in zip(GENES, values(6, 6))]
ENSEMBL: Grid = [["ensembl_gene", *COSMIC]]
ENSEMBL += [[f"ENSG{at}", *row] for at, row in enumerate(values(6, 6))]
RESPONSE: Grid = [
    ["DATASET", "COSMIC_ID", "CELL_LINE_NAME", "DRUG_ID", "DRUG_NAME", "LN_IC50", "AUC"]
]
RESPONSE += [
    [
        "GDSC1",
        line,
        f"L-{line}",
        str(drug_id),
        drug,
        f"{RANDOM.gauss(0, 2):.6f}",
        f"{RANDOM.random():.4f}",
    ]
    for drug, drug_id in {**DRUGS, "Other": 5}.items()
    for line in COSMIC
]
ANNOTATION: Grid = [["cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label", "msi"]]
ANNOTATION += [
    [line, name, tissue, label, "MSS"]
    for line, name, tissue, label in zip(
        COSMIC,
        ("TT", "KM-H2", "697", "NCI-H2591", "TK, 10", "MC-CAR"),
        ("thyroid", "lymphoma", "leukemia", "lung", "kidney", "myeloma"),
        ("THCA", "", "ALL", "MESO", "KIRC", "UNABLE TO CLASSIFY"),
    )
]
OWN: Grid = [["line", *GENES]] + [[f"L{at}", *row] for at, row in enumerate(values(5, 6))]
REGULONS: Grid = [["tf", "target", "sign"]]
REGULONS += [[a, b, RANDOM.choice("1 -1 0.5".split())] for a, b in itertools.pairwise(GENES)]


def plain(path: str, content: bytes, truth: strict.Truth) -> Case:
    return Case({path: content}, path, truth)


def some_damage(content: bytes, rng: Random) -> bytes:
    return damaged(content, rng) if rng.random() < 0.3 else content


def zipped(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()


def expression(rng: Random) -> Case:
    content = some_damage(as_text(changed(EXPRESSION, rng), "\t", rng, quotes=False), rng)
    truth = strict.expression(
        strict.grid_of(content, "\t", quotes=False, utf16=False, errors="surrogateescape")
    )
    name = candidates.EXPRESSION
    if rng.random() < 0.2:
        packed = zipped(name, content)
        return plain(f"{name}.zip", some_damage(packed, rng), truth)
    return plain(name, content, truth)


def ensembl(rng: Random) -> Case:
    content = some_damage(as_text(changed(ENSEMBL, rng), "\t", rng, quotes=False), rng)
    truth = strict.expression(
        strict.grid_of(content, "\t", quotes=False, utf16=False, errors="surrogateescape"),
        "ensembl_gene",
        "",
    )
    return plain(candidates.ENSEMBL, some_damage(gzip.compress(content, 1), rng), truth)


def response_text(rng: Random) -> Case:
    content = some_damage(as_text(changed(RESPONSE, rng), ",", rng), rng)
    return plain("x.csv", content, _response(strict.grid_of(content, ",;\t", quotes=True)))


def sheet_of(grid: Grid) -> tuple[bytes, Grid | None]:
    """Return a workbook of a table, with numbers as such, and what its sheet says."""
    is_number = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?").fullmatch
    rows = [[float(c) if is_number(c) else c for c in row] for row in grid]
    said = [[f"{c:.15g}" if isinstance(c, float) else c for c in row] for row in rows]
    return workbook(rows), strict.even(said, pad=True)


def response_sheet(rng: Random) -> Case:
    content, grid = sheet_of(changed(RESPONSE, rng))
    return plain("x.xlsx", some_damage(content, rng), _response(grid))


def _response(grid: Grid | None) -> strict.Truth:
    return strict.response(grid, {str(drug_id): drug for drug, drug_id in DRUGS.items()})


def annotation_text(rng: Random) -> Case:
    content = some_damage(as_text(changed(ANNOTATION, rng), ",", rng), rng)
    truth = strict.annotation(strict.grid_of(content, ",;\t", quotes=True))
    return plain(candidates.CELL_LINES, content, truth)


def annotation_sheet(rng: Random) -> Case:
    content, grid = sheet_of(changed(ANNOTATION, rng))
    return plain("lines.xlsx", some_damage(content, rng), strict.annotation(grid))


def read_annotation(path: Path) -> dict:
    table = official.read_annotation(path, [])
    names = dict(zip(table.columns, ("cell_line", "gdsc_tissue_1", "tcga_label")))
    return of_table(table.rename(columns=names))


def own(rng: Random) -> Case:
    content = some_damage(as_text(changed(OWN, rng), rng.choice(",,\t;"), rng), rng)
    truth = strict.own(strict.grid_of(content, ",\t;", quotes=True))
    if rng.random() < 0.15:
        return plain("own.csv.gz", some_damage(gzip.compress(content, 1), rng), truth)
    return plain(rng.choice(("own.csv", "own.tsv", "own.TXT")), content, truth)


def read_own(path: Path) -> dict:
    found = of_table(read_own_expression(path)[0])
    return {tuple(" ".join(name.split()) for name in key): value for key, value in found.items()}


def regulons(rng: Random) -> Case:
    content = some_damage(as_text(changed(REGULONS, rng), ",", rng), rng)
    truth = strict.regulons(strict.grid_of(content, ",", quotes=True, utf16=False))
    return plain("own.csv", content, truth)


def read_regulon_table(path: Path) -> dict:
    edges = read_regulons(path).edges
    return {(row.tf, row.target): float(row.sign) for row in edges.itertuples()}


def names(rng: Random) -> Case:
    grid = changed([[gene, ""] for gene in GENES], rng)
    content = some_damage(as_text([row[:1] for row in grid], ",", rng, quotes=False), rng)
    return plain("names.txt", content, strict.names(content))


# Networks -----------------------------------------------------------------------------------


def network_file(suffix: str) -> dict[str, bytes]:
    B = np.array(values(6, 6), float) * (np.array(values(6, 6), float) > 6)
    np.fill_diagonal(B, 0)
    with tempfile.TemporaryDirectory() as folder:
        write_network(Path(folder, f"net{suffix}"), csc_array(B), list(GENES))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


NETWORKS = {suffix: network_file(suffix) for suffix in (".npz", ".mtx", ".graphml")}


def array_network(rng: Random) -> Case:
    """One array changed, or the archive damaged."""
    content = NETWORKS[".npz"]["net.npz"]
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        arrays = dict(stored)
    if rng.random() < 0.6:
        name = rng.choice(("data", "indices", "indptr", "genes", "shape", "format"))
        flat = arrays[name].ravel().copy()
        if flat.size:
            if name == "genes":
                flat[rng.randrange(flat.size)] = rng.choice(("RET", "", "X", "a b"))
            elif name != "format":
                at = rng.randrange(flat.size)
                flat[at] = rng.choice((0, 1, -1, flat[at] + 1, 7, 10**9))
            change = rng.choice(
                (
                    lambda a: a,
                    lambda a: a,
                    lambda a: a[:-1],
                    lambda a: a[::-1],
                    lambda a: a * 1.5 if a.dtype.kind == "f" else a,
                )
            )
            arrays[name] = change(flat) if name != "format" else rng.choice((flat[0], b"csr"))
        if rng.random() < 0.1:
            del arrays[rng.choice(list(arrays))]
    written = io.BytesIO()
    np.savez_compressed(written, **arrays)
    return plain("net.npz", some_damage(written.getvalue(), rng), _of_arrays(arrays))


def _of_arrays(arrays: Mapping[str, np.ndarray]) -> strict.Truth:
    """Return the coefficients of compressed columns, None if they contradict themselves."""
    try:
        data, indices, indptr = (arrays[name] for name in ("data", "indices", "indptr"))
        genes, p = [str(gene) for gene in arrays["genes"]], len(arrays["genes"])
        square = (
            list(arrays["shape"]) == [p, p] and bytes(np.asarray(arrays["format"]).item()) == b"csc"
        )
        ends = [int(end) for end in indptr]
    except (KeyError, ValueError, TypeError):
        return None
    if not square or len(ends) != p + 1 or ends[0] != 0 or ends != sorted(ends):
        return None
    if not ends[-1] == len(data) == len(indices) or len({*genes}) < p or "" in genes:
        return None
    found: dict = {}
    for target, (start, end) in zip(genes, itertools.pairwise(ends)):
        for at in range(start, end):
            if not 0 <= indices[at] < p or not math.isfinite(data[at]):
                return None
            if (genes[indices[at]], target) in found:
                return None
            found[genes[indices[at]], target] = float(data[at])
    return found


def market_network(rng: Random) -> Case:
    files = dict(NETWORKS[".mtx"])
    name = "net.mtx" if rng.random() < 0.7 else "net.genes.txt"
    lines = files[name].decode().split("\n")
    body = [line.split() for line in lines if line and not line.startswith("%")]
    head = [line for line in lines if line.startswith("%")]
    if rng.random() < 0.7:
        body = changed(body, rng)
    text = "\n".join([*head, *(" ".join(row) for row in body)]) + "\n"
    files[name] = some_damage(text.encode("utf-8", "replace"), rng)
    truth = strict.market(files["net.mtx"], files["net.genes.txt"])
    return Case(files, "net.mtx", truth)


def graph_network(rng: Random) -> Case:
    content = NETWORKS[".graphml"]["net.graphml"]
    if rng.random() < 0.6:
        lines = content.decode().split("\n")
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        change = rng.randrange(5)
        if change == 0:
            lines[at], lines[to] = lines[to], lines[at]
        elif change == 1:
            lines.insert(at, lines[to])
        elif change == 2:
            del lines[at]
        elif change == 3:
            lines[at] = re.sub(
                r"\d+\.\d+",
                rng.choice(("NA", "1,5", "inf", "1e999", "", " 1.5 ", "nan")),
                lines[at],
            )
        else:
            lines[at] = lines[at].replace(
                rng.choice(GENES), rng.choice((*GENES, "", "&amp;", "x y"))
            )
        content = "\n".join(lines).encode()
    content = some_damage(content, rng)
    return plain("net.graphml", content, _of_graph(content))


def _of_graph(content: bytes) -> strict.Truth:
    """Return the coefficients of the edges of a GraphML file."""
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - made here
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    space = "{http://graphml.graphdrawing.org/xmlns}"
    keys = {
        key.get("id") for key in root.iter(f"{space}key") if key.get("attr.name") == "coefficient"
    }
    graphs = root.findall(f"{space}graph")
    if len(graphs) != 1:
        return None
    nodes = [node.get("id") for node in graphs[0].findall(f"{space}node")]
    if len({*nodes}) < len(nodes) or None in nodes or "" in nodes:
        return None
    found: dict = {}
    for edge in graphs[0].findall(f"{space}edge"):
        key = edge.get("source"), edge.get("target")
        data = [d.text or "" for d in edge.findall(f"{space}data") if d.get("key") in keys]
        if not {*key} <= {*nodes} or len(data) != 1 or key in found:
            return None
        found[key] = strict.number(data[0])
        if not math.isfinite(found[key]):
            return None
    return found


def read_graph(path: Path) -> dict:
    B, genes = read_network(path)
    B = B.tocoo()
    return {(genes[i], genes[j]): v for i, j, v in zip(*B.coords, B.data, strict=True)}


# CTRPv2 -------------------------------------------------------------------------------------

LINES = [f"H{at}" for at in range(30)]
COMPOUNDS = {"docetaxel": "Docetaxel", "doxorubicin": "Doxorubicin"}
CTRP: dict[str, Grid] = {
    "lines": [
        ["master_ccl_id", "ccl_name"],
        *([str(at), f"NCI-{n}"] for at, n in enumerate(LINES)),
    ],
    "experiments": [
        ["experiment_id", "master_ccl_id"],
        *([str(at), str(at % 30)] for at in range(40)),
    ],
    "compounds": [["master_cpd_id", "cpd_name"], ["7", "docetaxel"], ["8", "doxorubicin"]],
    "areas": [["experiment_id", "area_under_curve", "master_cpd_id"]],
}
CTRP["areas"] += [
    [str(at), f"{RANDOM.uniform(5, 15):.3f}", drug] for at in range(40) for drug in ("7", "8")
]


def ctrp_cohort() -> Cohort:
    import pandas as pd

    rng = np.random.default_rng(0)
    index = pd.Index([f"9{at:05}" for at in range(30)])
    annotation = pd.DataFrame({"cell_line": LINES, "tissue": "lung", "tcga": "LUAD"}, index)
    response = pd.DataFrame(rng.normal(size=(30, 2)), index, list(DRUGS))
    response = (response - response.mean()) / response.std(ddof=1)
    expression = pd.DataFrame(rng.normal(size=(30, 4)), index, list("ABCD"))
    provenance = {"source": "x", "simulated": False, "expression": "", "response": "", "files": {}}
    return Cohort(expression, response, annotation, provenance | {"handled": [], "drugs": DRUGS})


def laboratory(rng: Random) -> Case:
    """The files of CTRPv2 in the official layout, one of them changed."""
    layout = ctrp.OFFICIAL
    named = {"areas": layout.areas[0], "experiments": layout.experiments}
    named |= {"lines": layout.lines, "compounds": layout.compounds}
    kind = rng.choice(list(named))
    files, grids = {}, {}
    for part, name in named.items():
        if part == kind:
            content = some_damage(as_text(changed(CTRP[part], rng), "\t", rng, quotes=False), rng)
        else:
            content = "".join("\t".join(row) + "\n" for row in CTRP[part]).encode()
        any_end = re.sub(rb"\r\n?", b"\n", content)
        grids[part] = strict.grid_of(any_end, "\t", quotes=False, utf16=False)
        files[name] = content
    return Case(files, "", strict.ctrp(grids, COMPOUNDS, LINES))


def read_laboratory(folder: Path) -> dict:
    screens = ctrp.read_ctrp(folder, COHORT)
    drug = screens.listed["drug"]
    names = COHORT.annotation["cell_line"]
    found = of_table(screens.values)
    return {(names[line], drug[screen]): value for (line, screen), value in found.items()}


COHORT = ctrp_cohort()


READERS = {
    "official expression": Reader(
        expression, lambda path: of_table(official.read_expression(path, []))
    ),
    "official expression, gz": Reader(
        ensembl, lambda path: of_table(official.read_expression(path, []))
    ),
    "official responses, csv": Reader(
        response_text, lambda path: of_table(official.read_response(path, DRUGS, []))
    ),
    "official responses, xlsx": Reader(
        response_sheet, lambda path: of_table(official.read_response(path, DRUGS, []))
    ),
    "official cell lines, csv": Reader(annotation_text, read_annotation),
    "official cell lines, xlsx": Reader(annotation_sheet, read_annotation),
    "CTRPv2, five files": Reader(laboratory, read_laboratory),
    "own expression": Reader(own, read_own),
    "regulons": Reader(regulons, read_regulon_table),
    "regulators": Reader(names, lambda path: {(n,): "" for n in regulator_names(str(path))}),
    "network, npz": Reader(array_network, read_graph),
    "network, mtx": Reader(market_network, read_graph),
    "network, graphml": Reader(graph_network, read_graph),
}


class _SlowError(BaseException):
    """Raised by the alarm."""


def _too_slow(*_) -> None:
    raise _SlowError


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise `_SlowError` in a block that takes longer, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def differs(found: dict, truth: strict.Truth) -> str:
    """Return in a few words how what was read differs from what the file says; "" if it does not."""
    if truth is None:
        return f"must be refused, but {len(found)} values were read"
    if lost := truth.keys() - found.keys():
        return f"{len(lost)} values lost, such as {sorted(lost)[0]}"
    if more := found.keys() - truth.keys():
        return f"{len(more)} values more, such as {sorted(more)[0]}"
    for key, value in truth.items():
        same = (
            math.isclose(value, found[key], rel_tol=CLOSE, abs_tol=1e-300)
            if isinstance(value, float)
            else value == found[key]
        )
        if not same:
            return f"{key} is {found[key]!r}, not {value!r}"
    return ""


def outcome(reader: Reader, rng: Random, folder: Path) -> tuple[str, str, Case]:
    """Return what became of one file: read, refused, wrong, crashed or slow, and the words for it."""
    case = reader.make(rng)
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    try:
        with warnings.catch_warnings(), patience(PATIENCE):
            warnings.simplefilter("ignore")
            found = reader.read(folder / case.path)
    except PnetError as error:
        said = str(error)
        return ("crashed" if "\n" in said else "refused"), said, case
    except _SlowError:
        return "slow", "", case
    except Exception:
        return "crashed", traceback.format_exc(limit=-4), case
    finally:
        for name in case.files:
            os.unlink(folder / name)
    wrong = differs(found, case.truth)
    return ("wrong" if wrong else "read"), wrong, case


OUTCOMES = ("read", "refused", "wrong", "crashed", "slow")


def fuzz(name: str, seed: int, files: int, show: int = 3) -> Counter:
    """Return the number of files of each outcome for one reader; print the first bad ones."""
    counts: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            rng = Random(f"{seed} {name} {number}")  # noqa: S311
            kind, said, case = outcome(READERS[name], rng, Path(folder))
            counts[kind] += 1
            if kind not in ("read", "refused") and counts[kind] <= show:
                print(f"--- {name}, file {number}: {kind}: {said}")
                for file, content in case.files.items():
                    print(f"    {file}: {_shown(content)!r}")
    return counts


def _shown(content: bytes) -> bytes:
    """Return the beginning of a file, of an archive that of its first table."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[-1])
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ):
        with suppress(OSError, EOFError, zlib.error):
            content = gzip.decompress(content)
    return content[:1500]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("benchmarks.fuzz.readers", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=1000, help="files per reader")
    parser.add_argument("--only", default="", help="readers whose name contains this")
    parser.add_argument("--show", type=int, default=3, help="bad files of each kind to print")
    given = parser.parse_args(arguments)
    rows = {}
    for name in READERS:
        if given.only in name:
            rows[name] = fuzz(name, given.seed, given.files, given.show)
    print(f"{'reader':26} {'tried':>7} " + " ".join(f"{kind:>8}" for kind in OUTCOMES))
    for name, counts in rows.items():
        print(f"{name:26} {counts.total():7} " + " ".join(f"{counts[k]:8}" for k in OUTCOMES))
    return int(any(counts[kind] for counts in rows.values() for kind in OUTCOMES[2:]))


if __name__ == "__main__":
    sys.exit(main())
