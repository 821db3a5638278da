"""Cell lines by name, and which of them grow in blood."""

import pandas as pd
import pytest

from pnetlib.datasets.lineage import LineNames, line_key, lineages

ANNOTATION = pd.DataFrame(
    {
        "cell_line": ["TT", "KM-H2", "HCT-116", "NCI-H1650", "AB-1", "AB1", "unknown"],
        "tissue": ["thyroid", "lymphoma", "large_intestine", "lung", "skin", "bone", "unknown"],
    },
    index=["930299", "909976", "905936", "687800", "5", "6", "7"],
)


def test_lineages_know_blood_solid_and_unknown():
    tissues = pd.Series(["leukemia", "skin", "unknown", "lymph node", "myeloma"])
    assert lineages(tissues).tolist() == ["blood", "solid", "unknown", "blood", "blood"]


@pytest.mark.parametrize(
    ("name", "tissue", "line", "reason"),
    [
        ("HCT116", "large_intestine", "905936", ""),
        ("hct 116", "unknown", "905936", ""),
        ("H1650", "lung", "687800", ""),
        ("TT", "thyroid", "930299", ""),
        ("TT", "unknown", "930299", ""),
        ("T-T", "oesophagus", "", "two cell lines share"),
        ("KMH2", "haematopoietic_and_lymphoid_tissue", "909976", ""),
        ("KMH2", "thyroid", "", "two cell lines share"),
        ("AB-1", "skin", "5", ""),
        ("ab 1", "skin", "", "two cell lines share"),
        ("HCT116", "haematopoietic_and_lymphoid_tissue", "", "blood in one source"),
        ("MCF7", "breast", "", "not in the cohort"),
        ("unknown", "unknown", "", "not in the cohort"),
    ],
)
def test_a_name_finds_its_line_or_a_reason(name, tissue, line, reason):
    found = LineNames(ANNOTATION).match(name, tissue)
    assert found.line == line and reason in found.reason and bool(line) != bool(found.reason)


def test_two_names_of_one_line_are_both_left_out():
    table = LineNames(ANNOTATION).table(["HCT116", "HCT-116", "H1650"])
    assert table["line"].tolist() == ["", "", "687800"]
    assert table["reason"].tolist()[:2] == ["one cell line under two names"] * 2


def test_keys_keep_letters_and_digits():
    assert line_key("SK-MEL-28") == line_key("skmel28") == "SKMEL28"
    assert line_key("NCI-H23") == "H23"
