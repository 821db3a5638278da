"""The tables of what the paper states, and their readers."""

import importlib.util
import shutil
from pathlib import Path

import pytest

import pnetlib
from pnetlib.paper import read_rows
from pnetlib.paper.claims import published_claims
from pnetlib.paper.decisions import open_decisions
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.paper.table1 import published_selection


def test_drugs_are_the_four_of_the_paper_with_their_ids():
    assert PAPER_DRUGS == {
        "Doxorubicin": 133,
        "Mitomycin-C": 136,
        "5-Fluorouracil": 179,
        "Docetaxel": 1007,
    }


def test_markers_are_the_seven_of_the_paper():
    assert len(MARKERS) == 7
    assert [name for name, marker in MARKERS.items() if marker.role == "sensitivity"] == [
        "ANXA10",
        "ZNF165",
    ]
    assert [name for name, marker in MARKERS.items() if not marker.known_before] == [
        "ZNF204P",
        "C1QL1",
    ]


def test_markers_have_a_role_and_a_statement():
    assert {marker.role for marker in MARKERS.values()} == {"marker", "resistance", "sensitivity"}
    resistance = [name for name, marker in MARKERS.items() if marker.role == "resistance"]
    assert resistance == ["AKR1C3", "AKR1B10"]
    assert all(marker.statement for marker in MARKERS.values())
    assert {row["known_before"] for row in read_rows("markers.csv")} == {"yes", "no"}


def test_named_edge_joins_two_markers():
    assert set(NAMED_EDGE) <= set(MARKERS)
    assert NAMED_EDGE == ("AKR1C1", "ANXA10")


def test_claims_name_all_markers_and_the_figure():
    table = published_claims()
    assert len(table) == 13 and table.index.is_unique and not table.isna().any(axis=None)
    assert all(gene in table.at["C3", "statement"] for gene in MARKERS)
    assert set(table["figure"]) == {"2", "3", "4", "5", "table 1"}


def test_claim_on_table_1_gives_its_extremes():
    rates = published_selection().groupby("method")["TP"].agg(["min", "max"])
    value = published_claims().at["C8", "value"]
    pro, network = rates.loc["Pro"], rates.loc["NW.P"]
    assert f"Pro {pro['min']:.2f}-{pro['max']:.2f}" in value
    assert f"NW.P {network['min']:.2f}-{network['max']:.2f}" in value


@pytest.mark.parametrize("name", ["claims.csv", "drugs.csv", "markers.csv", "table1.csv"])
def test_rows_are_complete(name):
    rows = read_rows(name)
    assert rows and all(None not in row and None not in row.values() for row in rows)


def test_results_depend_on_the_tables(tmp_path):
    package = Path(pnetlib.__file__).parent
    for part in ("execution/fingerprint.py", "paper/markers.csv", "paper/markers.py"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        shutil.copy(package / part, tmp_path / part)
    spec = importlib.util.spec_from_file_location("copied", tmp_path / "execution/fingerprint.py")
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    before = copied.library_digest("paper")
    with open(tmp_path / "paper/markers.csv", "a") as table:
        table.write("TP53,marker,none,yes\n")
    copied.library_digest.cache_clear()
    assert copied.library_digest("paper") != before


def test_every_decision_has_options_reasons_and_claims():
    decisions, claims = open_decisions(), set(published_claims().index)
    assert set().union(*(decision.claims for decision in decisions.values())) == claims
    for decision in decisions.values():
        assert len(decision.options) > 1 == len({len(set(decision.names)) == len(decision.names)})
        assert set(decision.claims) <= claims
        for option in decision.options:
            assert option.means.strip() and option.because.strip().endswith(".")
        rows = [row for row in read_rows("decisions.csv") if row["decision"] == decision.name]
        assert [row["default"] for row in rows] == ["yes", *[""] * (len(rows) - 1)]
        assert decision.default == decision.names[0]
    assert [name for name, d in decisions.items() if not d.claims] == ["losses"]
