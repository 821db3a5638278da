"""Artefacts: earlier results are read where a run has them and computed where it has not."""

import ast
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import simulation_cell as cell
from scipy.sparse import csc_array

from pnetlib.paper.markers import MARKERS
from pnetlib.solvers.search import SearchRule
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.compute import Sizes, judge
from pnetlib.steps.claims.verdicts import PARTLY, REPRODUCED, UNTESTABLE, Number
from pnetlib.steps.comparison.compute import compared_sizes
from pnetlib.steps.markers.compute import DrugNetworks
from pnetlib.steps.networks.compute import split_groups
from pnetlib.steps.sizes import PROFILES
from pnetlib.workflow import artefacts, freshness
from pnetlib.workflow.run import Run

PROFILE = PROFILES["smoke"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of which nothing but the cohort is there."""
    run = Run("simulated", "smoke", str(tmp_path_factory.mktemp("run")), threads=1)
    run.write_cohort(run.cohort(fresh=True))
    return run


@pytest.fixture(scope="module")
def gathered(run):
    return artefacts.evidence(run, run.cohort(), PROFILE)


def test_opens_alone_and_says_what_is_missing(run, gathered):
    said = " ".join(gathered.origins)
    assert "Notebook 02 was not run" in said and "notebook 09): not computed" in said
    verdicts = judge(gathered)
    assert verdicts.at["C8", "verdict"] == UNTESTABLE
    # Without notebook 09 no difference between the groups has a test.
    groups = ["C4", "C5a", "C5b", "C6a", "C6b", "C7a", "C7b"]
    assert (verdicts.loc[groups, "verdict"] == UNTESTABLE).all()
    assert not (verdicts["verdict"].drop(["C8", *groups]) == UNTESTABLE).any()
    assert set(gathered.pro_minus) == set(run.cohort().response.columns)


def predictions(drugs):
    """Predictions of which Pro's are the best and LA's the worst, in four folds."""
    rng = np.random.default_rng(0)
    parts = []
    for drug in drugs:
        z = rng.normal(size=80)
        part = pd.DataFrame(
            {
                "drug": drug,
                "repeat": 0,
                "fold": np.arange(80) % 4,
                "line": [str(i) for i in range(80)],
                "z": z,
                "n_train": 60,
            }
        )
        for size, method in enumerate(("Pro", "NW.P", "ELA", "LA", "drug mean", "tissue mean")):
            part[method] = z + (0.5 + 0.1 * size) * rng.choice([-1.0, 1.0], size=80)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def marker_networks(cohort):
    """Networks in which AKR1C1, ANXA10 and another gene have the largest effects on every drug."""
    others = cohort.expression.columns.difference(list(MARKERS))[:74]
    genes = pd.Index([*(gene for gene in MARKERS if gene != "C1QL1"), *others])
    sizes = pd.Series(np.linspace(0.5, 0.1, 80), genes)
    sizes[["AKR1C1", "ANXA10", others[0]]] = 1.0
    drugs = cohort.response.columns
    theta = pd.DataFrame(dict.fromkeys(drugs, sizes))
    none = {drug: csc_array((80, 80)) for drug in drugs}
    return DrugNetworks(genes, theta, 0.0 * theta + 1.0, none, pd.DataFrame({"lines": 1}, drugs))


def test_search_of_step_02_is_read_where_its_sizes_are_those_asked(run, tmp_path, monkeypatch):
    cohort, computed = run.cohort(), object()
    monkeypatch.setattr(artefacts, "compare", lambda *_, **__: computed)
    found, profile, force, said = artefacts.searched(run, cohort, PROFILE)
    assert found is computed and profile is PROFILE and force == [] and "was not run" in said
    again = replace(run, out=str(tmp_path))
    table = predictions(cohort.response.columns)
    both = pd.concat([table, table.assign(repeat=1)], ignore_index=True)
    again.write_table("02_predictions", both)
    again.write_table("02_choices", both[["drug", "repeat", "fold"]].drop_duplicates())
    again.write_json("02_comparison", {"sizes": compared_sizes(PROFILE, ["AKR1C1"])})
    found, profile, force, said = artefacts.searched(again, cohort, PROFILE)
    pd.testing.assert_frame_equal(found.predictions, table)
    assert set(found.choices["repeat"]) == {0} and force == ["AKR1C1"] and "read from" in said
    for other in ({"n_genes": 70}, {"search": "grid"}, {"search": SearchRule(budget=41)}):
        assert artefacts.searched(again, cohort, replace(PROFILE, **other))[0] is computed


def test_later_notebooks_change_the_verdicts(run, gathered, tmp_path):
    again = replace(run, out=str(tmp_path))
    again.write_cohort(run.cohort())
    clear = {"ST": 1.0, "RS": 0.0, "difference": 1.0, "low": 0.5, "high": 1.5, "p": 0.001}
    clear |= {"p_above": 0.0005, "p_below": 0.9995}
    edge = clear | {"regulator": "AKR1C1", "target": "ANXA10"}
    main = len(split_groups(again.cohort(), PROFILE.group_size).lines["ST"])
    settings = [clear | {"size": size, "estimator": "own lines"} for size in (main + 1, main)]
    genes = ("ANXA10", "ZNF165")
    again.write_json(
        "09_differences",
        {
            "edges": [edge | {"p": 0.9}],
            "named_edge": edge | {"debiased_difference": 1.2, "settings": settings},
            "degrees": dict.fromkeys(genes, clear),
            "effects": [
                clear | {"marker": gene, "side": where, "length": length}
                for gene in genes
                for where in ("targets", "regulators")
                for length in (1, 2)
            ],
            "presence": [{"marker": gene, "group": "RS", "p": 0.4} for gene in genes],
        },
    )
    cells = [cell(response=response) for response in ("expression", "activity")]
    again.write_json("06_simulation", {"cells": cells * 4})
    again.write_table("02_predictions", predictions(again.cohort().response.columns))
    networks = marker_networks(again.cohort())
    again.write_json("03_markers", {"top": 3})
    again.write_arrays("03_networks", **networks.arrays())
    again.write_table("03_fits", networks.fits)
    evidence = artefacts.evidence(again, again.cohort(), PROFILE)
    assert "Errors read from 02_predictions.csv." in evidence.origins
    found = {key: evidence.markers[key] for key in ("found", "n_common", "n_genes")}
    assert found == {"found": ["AKR1C1", "ANXA10"], "n_common": 3, "n_genes": 80}
    assert "C1QL1" not in evidence.markers["published"] and len(evidence.markers["published"]) == 6
    assert evidence.sizes == Sizes(4, 20.0, 60.0, 3)
    verdicts = judge(evidence)["verdict"]
    for claim in ("C1", "C2a", "C6a", "C8"):
        assert verdicts[claim] == REPRODUCED
    assert verdicts["C3"] == verdicts["C7a"] == PARTLY
    assert evidence.edge["ST"] == 1.0 and evidence.edge["difference"].p == 0.001
    assert evidence.edge["settings"] == settings[:1]  # the other is the main test itself
    assert evidence.edge["debiased"] == Number(
        1.2, 0.5, 1.5
    )  # the interval is that without shrinkage
    before = judge(gathered)["verdict"]
    assert verdicts["C6b"] == before["C6b"] == UNTESTABLE


def test_planted_truth_is_judged_by_the_same_rules(run, gathered):
    planted = artefacts.planted_evidence(run, run.cohort(), PROFILE)
    verdicts = judge(gathered, planted)
    for claim in ("C3", "C4", "C6a", "C6b"):
        assert verdicts.at[claim, "planted"] == REPRODUCED, claim
    for claim in ("C7a", "C7b"):
        assert verdicts.at[claim, "planted"] == PARTLY, claim
    for claim in ("C1", "C2a", "C2b", "C2c", "C8"):
        assert verdicts.at[claim, "planted"] == ""
    cohort = run.cohort()
    real = replace(cohort, provenance=cohort.provenance | {"simulated": False}, truth=None)
    assert artefacts.planted_evidence(run, real, PROFILE) is None


# Names of results ---------------------------------------------------------------------------

# What others may name: the cohort, which `Run` itself writes and reads, and the notebooks whose
# folds can be computed as jobs of their own.
# cli/run.py reads a reading before any package is imported.
NAMED_ELSEWHERE = {
    "run.py": {"01_cohort", "15_multiverse.json"},
    "shards.py": {"02_comparison", "10_drugs"},
}


def strings(tree):
    """Yield the constant texts of a module apart from its docstrings."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings:
                yield node.value


def called(tree, methods):
    """Yield the first argument of every call of one of the methods, where it is a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in methods:
            if node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


@pytest.fixture(scope="module")
def notebook_trees(project):
    """The code of every notebook, parsed."""
    trees = []
    for path in sorted((project / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        trees.append(ast.parse("\n".join(code)))
    return trees


def test_no_other_module_names_a_result(project):
    for path in sorted((project / "pnetlib").rglob("*.py")):
        if path.name != "artefacts.py":
            texts = strings(ast.parse(path.read_text("utf-8")))
            named = {text for text in texts if re.match(r"\d\d_", text)}
            assert named <= NAMED_ELSEWHERE.get(path.name, set()), path


def test_no_step_is_handed_a_run_or_imports_the_workflow(project):
    for path in sorted((project / "pnetlib/steps").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert "run" not in {argument.arg for argument in node.args.args}, path
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(("pnetlib.workflow", "pnetlib.cli")), path


def test_every_result_that_is_read_is_written_by_a_notebook(project, notebook_trees):
    module = ast.parse((project / "pnetlib/workflow/artefacts.py").read_text("utf-8"))
    kinds = ("json", "table", "arrays")
    for kind in kinds:
        read = set(called(module, {f"read_{kind}"}))
        written = {name for tree in notebook_trees for name in called(tree, {f"write_{kind}"})}
        assert read and read <= written, kind
        named = {"json": artefacts.NUMBERS, "table": artefacts.TABLES}.get(kind, {})
        assert set(named.values()) <= written, kind


def test_every_figure_of_the_notebooks_has_a_title(notebook_trees):
    said = {text for tree in notebook_trees for text in strings(tree)}
    saved = {name for tree in notebook_trees for name in called(tree, {"save_figure"})}
    beginnings = tuple(text for text in said if re.fullmatch(r"\d\d_\w*_", text))
    assert saved <= set(artefacts.FIGURES)
    assert all(name in said or name.startswith(beginnings) for name in artefacts.FIGURES)


def test_results_of_a_run_are_read_by_step_and_those_it_lacks_are_none(tmp_path):
    lacking = artefacts.results_of(tmp_path)
    assert set(lacking) == {*artefacts.NUMBERS, *artefacts.TABLES}
    assert {value is None for value in lacking.values()} == {True}
    (tmp_path / "03_markers.json").write_text('{"top": 3}')
    (tmp_path / "02_predictions.csv").write_text("drug,z\n1005,0.5\n")
    found = artefacts.results_of(tmp_path)
    assert found["markers"] == {"top": 3} and found["drugs"] is None
    assert list(found["predictions"]["drug"]) == ["1005"]  # a name, not a number


def test_steps_and_costs_are_those_of_the_last_execution_that_finished(tmp_path):
    assert freshness.step_records(tmp_path) == artefacts.step_costs(tmp_path) == {}
    records = tmp_path / ".made" / "steps"
    records.mkdir(parents=True)
    (records / "01_data.json").write_text('{"execution": "x"}')
    (records / "02_comparison.json").write_text('{"begun": "now"}')
    line = '{"step": "01_data", "status": "%s", "seconds": %d, "peak_mb": 5, "threads": 2, "node": "n1"}\n'
    (tmp_path / "run.jsonl").write_text(
        line % ("done", 9) + line % ("done", 3) + line % ("failed", 7)
    )
    assert list(freshness.step_records(tmp_path)) == ["01_data"]
    costs = {"01_data": {"seconds": 3, "peak_mb": 5, "threads": 2}}
    assert artefacts.step_costs(tmp_path) == costs
    assert artefacts.nodes_of(tmp_path) == {"n1"}


@pytest.mark.long
def test_lambdas_and_networks_are_computed_where_no_notebook_wrote_them(run):
    cohort = run.cohort()
    chosen, origin = artefacts.chosen_lambdas(run, cohort, PROFILE)
    assert list(chosen) == list(cohort.response.columns) and "Notebook 02 was not run" in origin
    networks, origin = artefacts.drug_networks(run, cohort, PROFILE)
    assert len(networks.genes) == PROFILE.n_genes and "Notebook 03 was not run" in origin
    groups, genes, B, origin = artefacts.group_networks(run, cohort, PROFILE)
    assert {group: len(lines) for group, lines in groups.lines.items()} == {"ST": 30, "RS": 30}
    assert all(matrix.shape == (len(genes),) * 2 for matrix in B.values())
    assert "Notebook 04 was not run" in origin


def test_further_draws_are_chosen_as_notebook_02_chose(run, tmp_path, monkeypatch):
    again = replace(run, out=str(tmp_path))
    again.write_cohort(run.cohort())
    profile = replace(PROFILE, n_genes=33, inner_folds=4, search=SearchRule(budget=15, race=np.inf))
    point = {"lam1": 0.3, "lam2": 0.0, "lam3": 0.1, "lam4": 0.0}
    drugs = {drug: {"chosen": {"Pro": point}} for drug in run.cohort().response.columns}
    sizes = compared_sizes(profile, ["ANXA10"])
    again.write_json("02_comparison", {"drugs": drugs, "sizes": sizes})
    given = []
    monkeypatch.setattr(artefacts, "choose_again", lambda *args, **options: given.append(args))
    artefacts.chosen_by_draw(again, run.cohort(), PROFILE, [1, 2])
    _, found, first, seeds, force = given[0]
    assert (first, seeds, force) == (dict.fromkeys(drugs, point), [1, 2], ("ANXA10",))
    assert (found.n_genes, found.inner_folds, found.search) == (33, 4, profile.search)


def test_networks_of_every_draw_are_read_from_notebook_04(run, tmp_path):
    again = replace(run, out=str(tmp_path))
    again.write_cohort(run.cohort())
    groups = split_groups(run.cohort(), 20)
    genes = list(run.cohort().expression.columns[:3])
    edge = {"regulator": genes[0], "target": genes[1], "ST": 0.5, "RS": 0.0}
    numbers = {"group_size": 20, "cuts": groups.cuts, "genes": genes}
    again.write_json("04_networks", numbers)
    again.write_table("04_edges", pd.DataFrame([edge]))
    drawn, origin = artefacts.networks_by_draw(again, run.cohort(), PROFILE)
    assert len(drawn) == 1 and "not drawn again" in origin
    other = {"genes": genes[:2]}
    again.write_json("04_draws", {"cuts": groups.cuts, "draws": [{"genes": genes}, other]})
    table = pd.DataFrame([{"draw": 1} | edge, {"draw": 2} | edge | {"RS": -0.2}])
    again.write_table("04_draws_edges", table)
    drawn, origin = artefacts.networks_by_draw(again, run.cohort(), PROFILE)
    assert len(drawn) == 2 and origin.startswith("2 draws read")
    assert [list(found) for found, _ in drawn] == [genes, genes[:2]]
    assert [B["RS"][0, 1] for _, B in drawn] == [0.0, -0.2]
    assert drawn[0][1]["ST"].tolist() == [[0, 0.5, 0], [0, 0, 0], [0, 0, 0]]
    empty, said = artefacts.effects_by_draw(again)
    assert empty.empty and "not run" in said


def test_other_readings_are_of_the_steps_that_were_run(tmp_path):
    run = Run("simulated", "smoke", str(tmp_path), threads=1)
    run.write_cohort(run.cohort(fresh=True))
    cohort = run.cohort()
    assert artefacts.other_evidence(run, cohort) == {}
    lines = list(cohort.expression.index[:80])
    table = predictions(list(cohort.response.columns))
    table["line"] = table["line"].map(dict(zip(map(str, range(80)), lines)))
    run.write_table("02_predictions", table)
    (found,) = artefacts.other_evidence(run, cohort).items()
    assert found[0] == "solid lines" and found[1].network_gain.value < 0
    rows = [
        (p, 0.1) for p in ("network minus expression", *(f"Pro minus {m}" for m in METHODS[1:]))
    ]
    judged = pd.DataFrame(
        [
            {"drug": d, "lines": kind, "pair": p, "mean": x, "low": x, "high": x, "p": 0.01}
            for d in ("Docetaxel", "mean of the drugs")
            for kind in ("all", "solid")
            for p, x in rows
        ]
    )
    run.write_table("12_judged", judged)
    edge = {"n": 9, "raw": 0.4, "raw low": 0.2, "raw high": 0.6, "raw p": 0.01}
    edge |= {name.replace("raw", "partial"): value for name, value in edge.items() if name != "n"}
    parts = [(t, g) for t in ("all", "solid") for g in ("ST", "RS", "ST minus RS")]
    table = pd.DataFrame([{"tissues": t, "lines": g} | edge for t, g in parts])
    run.write_table("14_edge", table)
    found = artefacts.other_evidence(run, cohort)
    assert set(found) == {"solid lines", "other screen", "TFs partialled out"}
    assert found["solid lines"].edge["difference"].value == 0.4
    assert found["other screen"].network_gain.value == -0.1


def test_further_names_and_regulators_are_read_from_a_run(run, tmp_path):
    assert artefacts.further_names(run) == []
    assert artefacts.compared_regulators(run, run.cohort()) == ()
