"""What a run found, from its files: labels, missing steps, and the blocks of pages."""

import json

import pytest

from pnetlib.errors import UsageError
from pnetlib.findings import english, japanese
from pnetlib.steps.claims.compute import READINGS
from pnetlib.workflow.artefacts import FIGURES, captions, has_whole_benchmark
from pnetlib.workflow.findings import fill, findings, without_blocks

PAGE = """Text with <!-- findings: p -->old<!-- /findings --> within.

<!-- findings: table -->
| old |
<!-- /findings -->
"""


def write_numbers(folder, simulated):
    """Write the numbers of steps 01, 02 and 15 of a run that has no others."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "simulated": simulated,
        "source": "simulated" if simulated else "gdsc",
        "files": {"a.whl": "0f"},
        "handled": ["One gene dropped."],
        "lines": {"expression": 1234},
        "genes": {"n_genes": 80, "forced": 1},
        "tissues": {"lung": 3},
    }
    counted = ("reproduced", "partly", "found", "contradicted")
    rates = {f"{kind} {name}": 0.02 for kind in ("null", "power") for name in counted}
    claim = {
        "title": "First",
        "verdict": "undecided",
        "found": "p 0.2 | <b>x</b>",
        "tested": "1 of 2",
    }
    readings = {"C1": dict.fromkeys(READINGS, "undecided"), "C3": dict.fromkeys(READINGS, "")}
    claims = {"claims": {"C1": claim | {"planted": ""}}, "rates": {"C1": rates}}
    claims["readings"] = readings
    for name, numbers in (("01_data", data), ("02_comparison", {"seed": 7}), ("16_claims", claims)):
        (folder / f"{name}.json").write_text(json.dumps(numbers), "utf-8")
    return folder


def test_a_block_keeps_its_form_and_nothing_else_changes():
    filled = fill(PAGE, {"p": "0.03", "table": "| new |"})
    assert "Text with <!-- findings: p -->0.03<!-- /findings --> within." in filled
    assert "<!-- findings: table -->\n| new |\n<!-- /findings -->\n" in filled
    assert fill(filled, {"p": "0.03", "table": "| new |"}) == filled
    assert without_blocks(filled) == without_blocks(PAGE)
    assert "new" not in without_blocks(filled)


def test_a_block_that_no_run_has_is_refused():
    with pytest.raises(UsageError, match=r"a\.md asks for the finding 'p', which no run has"):
        fill(PAGE, {"table": ""}, "a.md")


def test_missing_steps_are_told_in_every_language(tmp_path):
    found = findings(tmp_path)
    for topic in english.NAMES:
        assert "not computed in this run (notebook" in found[topic]
        assert "計算していません" in found[f"{topic} ja"]
    assert found["run"] == found["provenance"] == "Not computed in this run (notebook 01, 02)."
    assert found["cell lines"] == "(not computed)"
    assert {found[f"caption {name}"] for name in FIGURES} == {"Not drawn in this run."}


def test_every_text_of_a_simulated_run_says_so(tmp_path):
    real = findings(write_numbers(tmp_path / "real", simulated=False))
    made = findings(write_numbers(tmp_path / "made", simulated=True))
    assert set(real) == set(made)
    assert not [name for name in real if "imulated data" in real[name]]
    labels = (english.SIMULATED, japanese.SIMULATED, "SIMULATED DATA")
    texts = [name for name in made if "verdicts " not in name or name.endswith(" ja")]
    texts = [name for name in texts if not name.startswith("caption")]
    values = {"cell lines", "genes", "tissues", "seed", "source", "profile", "version"}
    unlabelled = {name for name in texts if not made[name].startswith(labels)} - values
    assert unlabelled == {"run", "run ja", "provenance", "decisions"}
    assert "simulated data, " in made["run"] and "シミュレーションデータ" in made["run ja"]


def test_numbers_of_the_run_are_stated(tmp_path):
    found = findings(write_numbers(tmp_path / "gdsc-smoke", simulated=False))
    assert (found["cell lines"], found["genes"], found["seed"]) == ("1,234", "81", "7")
    assert found["verdicts undecided"] == "1" and found["verdicts reproduced"] == "0"
    assert "`gdsc-smoke`" in found["run"] and "- `a.whl`: `0f`" in found["provenance"]
    assert "2項目中1項目" in found["claims ja"]
    assert found["table of readings"].count("\n") == 2 and "| C1 |" in found["table of readings"]


def test_text_from_the_data_cannot_become_a_tag_or_break_a_table(tmp_path):
    found = findings(write_numbers(tmp_path, simulated=False))
    assert "p 0.2 \\| &lt;b>x&lt;/b>" in found["claims"]


def test_captions_are_read_in_the_order_in_which_a_cell_names_its_figures(tmp_path):
    def shown(text):
        return [{"data": {"image/png": "AA"}}, {"data": {"text/markdown": [text]}}]

    source = 'for n, name in ((1, "09_effects"), (2, "09_effects_two_steps")):\n    show(name)'
    code = {"cell_type": "code", "source": [source], "outputs": shown("One.") + shown("Two.")}
    silent = {"cell_type": "code", "source": ['save_figure("09_edges")'], "outputs": []}
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks" / "09_differences.ipynb"
    path.write_text(json.dumps({"cells": [code, silent]}))
    assert captions(tmp_path) == {"09_effects": "One.", "09_effects_two_steps": "Two."}


@pytest.mark.parametrize(("size", "whole"), [("smoke", False), ("standard", True)])
def test_the_smallest_benchmark_is_not_a_whole_one(tmp_path, size, whole):
    assert not has_whole_benchmark(tmp_path)
    (tmp_path / "11_speed.json").write_text(json.dumps({"size": size}))
    assert has_whole_benchmark(tmp_path) is whole
