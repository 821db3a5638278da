"""Stored folds: read bit for bit, found by content, never computed twice."""

import numpy as np
import pandas as pd
from hypothesis import given, strategies as st

from pnetlib.steps.simulation.designs import Design
from pnetlib.workflow.folds import Folds
from pnetlib.workflow.run import Run

CODE = "pnetlib.steps.comparison.compute"


class OneLine:
    """A cohort of one line, as far as `Folds` looks at one."""

    def __init__(self, value=0.1, **responses):
        self.expression = pd.DataFrame({"TP53": [value]}, index=["1"])
        self.response = pd.DataFrame({"Docetaxel": np.nan} | responses, index=["1"])
        self.annotation = pd.DataFrame({"tissue": ["lung"]}, index=["1"])


@given(st.lists(st.floats(width=64), min_size=1, max_size=9))
def test_folds_are_read_bit_for_bit(tmp_path_factory, values):
    folds = Folds(tmp_path_factory.mktemp("folds"), {"seed": 1}).of(CODE, "held_out", force=["A"])
    table = pd.DataFrame(
        {"drug": "D", "fold": 2, "line": [f"0{n}" for n in range(len(values))], "Pro": values}
    )
    assert folds.get(("D", 0, 2)) is None
    folds.put(("D", 0, 2), (table, table.head(1)))
    for one, other in zip(folds.get(("D", 0, 2)), (table, table.head(1)), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    folds.put(("D",), {"Pro": {"lam1": values[0]}})
    assert repr(folds.get(("D",))) == repr({"Pro": {"lam1": values[0]}})


def test_a_fold_is_found_by_its_content_only(tmp_path, monkeypatch):
    from pnetlib.workflow import folds as module

    def stored(value=0.1, code=CODE, **content):
        all_of_it = {"profile": {"n": 1}, "seed": 1, "permute": False} | content
        return Folds.of_cohort(tmp_path, OneLine(value)).of(code, "held_out", **all_of_it)

    stored().put(("D", 0, 1), 7)
    assert stored().get(("D", 0, 1)) == 7
    assert stored().get(("D", 1, 0)) is None
    assert stored(value=np.nextafter(0.1, 1)).get(("D", 0, 1)) is None
    assert stored(code="pnetlib.steps.stability.compute").get(("D", 0, 1)) is None
    for other in ({"seed": 2}, {"permute": True}, {"profile": {"n": 2}}):
        assert stored(**other).get(("D", 0, 1)) is None
    monkeypatch.setattr(module, "versions", lambda: {"numpy": "another"})
    assert stored().get(("D", 0, 1)) is None


def test_labels_of_rows_and_tasks_that_are_dataclasses_are_kept(tmp_path):
    folds = Folds.of_library(tmp_path).of(CODE, "half")
    table = pd.DataFrame({"all drugs": [1, 0]}, pd.Index(["TP53", "MYC"], name="gene"))
    design, other = Design(n_tfs=2), Design(n_tfs=3)
    folds.put((design, 0), table)
    pd.testing.assert_frame_equal(folds.get((design, 0)), table, check_exact=True)
    assert folds.get((other, 0)) is None


def test_a_fold_depends_on_the_response_to_its_own_drug_alone(tmp_path):
    def stored(**responses):
        return Folds.of_cohort(tmp_path, OneLine(**responses)).of(CODE, "held_out", seed=1)

    first = stored(A=1.0, B=2.0)
    first.put(("A", 0, 1), 7)
    first.put(("whole", 3), 8)
    assert stored(A=1.0, B=3.0, C=4.0).get(("A", 0, 1)) == 7
    assert stored(A=5.0, B=2.0).get(("A", 0, 1)) is None
    # A task of no drug depends on all of them.
    assert stored(B=2.0, A=1.0).get(("whole", 3)) == 8
    assert stored(A=1.0, B=3.0).get(("whole", 3)) is None


def test_a_damaged_fold_is_not_read(tmp_path):
    folds = Folds(tmp_path, {})
    folds.put((1,), {"lam1": 0.25})
    path = folds.path((1,))
    path.write_text(path.read_text().replace("0.25", "0.26"))
    assert folds.get((1,)) is None
    path.write_text("")
    assert folds.get((1,)) is None


def test_finished_folds_are_not_computed_again(tmp_path):
    from pnetlib.datasets.simulated import simulate_cohort
    from pnetlib.steps.comparison import compute as comparison
    from pnetlib.steps.sizes import PROFILES

    cohort, profile = simulate_cohort(1), PROFILES["smoke"]
    run = Run("simulated", "smoke", out=str(tmp_path))
    drugs = ["Docetaxel"]
    whole = comparison.compare(cohort, profile, 1, drugs=drugs, stored=run.folds(cohort))
    files = sorted((tmp_path / "folds").iterdir())
    assert len(files) == profile.outer_folds
    files[0].unlink()
    stamps = {file: file.stat().st_mtime_ns for file in files[1:]}
    again = comparison.compare(cohort, profile, 1, drugs=drugs, stored=run.folds(cohort))
    pd.testing.assert_frame_equal(again.predictions, whole.predictions, check_exact=True)
    pd.testing.assert_frame_equal(again.choices, whole.choices, check_exact=True)
    assert sorted((tmp_path / "folds").iterdir()) == files
    assert {file: file.stat().st_mtime_ns for file in stamps} == stamps
