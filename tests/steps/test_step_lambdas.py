"""Rules to choose lambdas: by hand, degrees of freedom by perturbing every observation."""

from dataclasses import replace

import naive
import numpy as np
import pandas as pd
import pytest
from scipy.special import comb

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution.engine import Engine
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.joint import Penalties, start_state, theta_step
from pnetlib.solvers.moments import Moments
from pnetlib.solvers.search import SearchRule
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, choose, refit
from pnetlib.steps.claims.evidence import network_gain
from pnetlib.steps.claims.searches import CLAIMS, claims_beside, of_claims
from pnetlib.steps.claims.verdicts import VERDICTS
from pnetlib.steps.comparison.compute import compare, fold_errors, held_out
from pnetlib.steps.lambdas import compute, figures, sentences
from pnetlib.steps.lambdas.compute import (
    RULES,
    Fitted,
    check_tolerances,
    choose_by,
    compare_rules,
    criteria,
    effects_df,
    expression_df,
    fits_along,
    grid_ends,
    mean_surface,
    neighbours,
    network_df,
    one_standard_error,
    rule_errors,
    search_errors,
    searches_beside,
    tolerance_summary,
    within_one_standard_error,
)
from pnetlib.steps.lambdas.sentences import conclusion
from pnetlib.steps.sizes import PROFILES, grid_beside, lambdas_sizes
from pnetlib.steps.study import PAPER, SIMULATED
from pnetlib.words import listed

PROFILE = replace(PROFILES["smoke"], n_genes=30, search="grid")
SEED = 5


# Rules by hand ------------------------------------------------------------------------------


def test_one_standard_error_by_hand():
    # Means 3, 2, 2.4, 2.6; at the best point the folds are 1, 2, 3: standard error 1 / sqrt(3).
    errors = np.array([[3.0, 1.0, 2.4, 2.6], [3.0, 2.0, 2.4, 2.6], [3.0, 3.0, 2.4, 2.6]])
    assert within_one_standard_error(errors).tolist() == [False, True, True, False]
    assert one_standard_error(errors, [(1, 0), (9, 0), (3, 0), (2, 0)]) == 2
    assert one_standard_error(errors, [(1, 0), (2, 0), (3, 0), (2, 0)]) == 1
    wider = errors + np.array([[0, -1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]])  # error 2 / sqrt(3)
    assert one_standard_error(wider, [(1, 0), (9, 0), (3, 0), (2, 0)]) == 0


def test_of_equal_sizes_the_edges_and_then_the_error_decide():
    errors = np.array([[1.0, 1.1, 1.2], [2.0, 2.1, 2.2]])
    assert one_standard_error(errors, [(3, 9), (3, 5), (3, 5)]) == 1
    assert one_standard_error(errors, [(3, 9), (3, 5), (3, 4)]) == 2
    assert one_standard_error(errors, [(3, 5)] * 3) == 0


def test_without_spread_only_the_smallest_error_is_left():
    errors = np.array([[1.0, 0.9, 0.9001]] * 3)
    assert one_standard_error(errors, [(0, 0), (9, 0), (1, 0)]) == 1


def test_each_rule_takes_its_own_point():
    errors = np.array([[1.0, 1.5, 1.6, 2.0], [2.0, 1.9, 1.7, 2.0]])
    sizes, bic, ebic = (9, 5, 3, 1), (4.0, 3.0, 2.0, 5.0), (4.0, 3.0, 5.0, 1.0)
    fits = [Fitted(np.zeros(2), k, 0, b, e) for k, b, e in zip(sizes, bic, ebic)]
    assert choose_by(errors, fits) == {"CV": 0, "1-SE": 3, "BIC": 2, "EBIC": 3}


def test_criteria_by_hand():
    bic, ebic = criteria(100, [0.5, 0.25], [3.0, 2.5], [3, 4], [10, 20])
    expected = 100 * np.log(0.5) + 100 * np.log(0.25) + np.log(100) * 5.5
    assert bic == pytest.approx(expected)
    assert ebic == pytest.approx(expected + np.log(comb(10, 3)) + np.log(comb(20, 4)))


def test_ends_of_the_grid_are_told():
    points = [
        {"lam1": a, "lam3": b * a, "lam4": c}
        for a in (4.0, 2.0, 1.0)
        for c in (0.0, 1.0)
        for b in (3.0, 2.0, 1.0)
    ]
    assert grid_ends(points, {"lam1": 2.0, "lam3": 4.0, "lam4": 0.0}) == ""
    assert grid_ends(points, {"lam1": 4.0, "lam3": 4.0, "lam4": 0.0}) == "lam1 max, lam3 min"
    assert grid_ends(points, {"lam1": 1.0, "lam3": 3.0, "lam4": 1.0}) == "lam1 min, lam3 max"


# Degrees of freedom -------------------------------------------------------------------------


def divergence(fit, y, step=1e-5):
    """sum_i d fit(y)_i / d y_i by central differences."""
    total = 0.0
    for i in range(len(y)):
        up, down = y.copy(), y.copy()
        up[i] += step
        down[i] -= step
        total += (fit(up)[i] - fit(down)[i]) / (2.0 * step)
    return total


def moments_of(X, y):
    return replace(Moments.of(X), g=X.T @ y / len(y), zz=float(y @ y / len(y)))


@pytest.mark.parametrize(("lam1", "lam2"), [(0.3, 0.0), (0.1, 0.0), (0.2, 0.1), (0.05, 0.5)])
def test_expression_df_is_the_divergence_of_the_fit(lam1, lam2):
    X, y = naive.cohort(3, 40, 12)

    def fit(response):
        b, *_ = fit_expression(moments_of(X, response), lam1, lam2, 1e-13)
        return X @ b

    b, *_ = fit_expression(moments_of(X, y), lam1, lam2, 1e-13)
    df = expression_df(X.T @ X / len(X), b, lam2)
    assert np.count_nonzero(b) > 0
    assert df == pytest.approx(divergence(fit, y), abs=1e-4)
    assert (df == np.count_nonzero(b)) == (lam2 == 0.0)


@pytest.mark.parametrize("lam4", [0.0, 0.05, 1.0])
def test_effects_df_is_the_divergence_with_the_network_held(lam4):
    X, y = naive.cohort(2, 40, 10)
    pen = Penalties(0.3, 0.0, 0.08, lam4)
    network = start_state(moments_of(X, y), pen, 1e-12)
    B = network.B.matrix()

    def step(response):
        return theta_step(moments_of(X, response), network.copy(), pen, 1e-20).theta

    theta = step(y)
    assert np.count_nonzero(theta) > 1
    df = effects_df(X.T @ X / len(X), B, theta, lam4)
    assert df == pytest.approx(divergence(lambda r: X @ (B @ step(r)), y), abs=1e-3)
    assert (df == np.count_nonzero(theta)) == (lam4 == 0.0)


@pytest.mark.parametrize("lam2", [0.0, 0.2])
def test_network_df_is_that_of_every_column(lam2):
    X, _ = naive.cohort(1, 50, 9)
    model = ElasticNetwork(0.3, lam2, tol=1e-12).fit(X)
    G = X.T @ X / len(X)
    expected = [expression_df(G, b, lam2) for b in model.B_.toarray().T]
    np.testing.assert_allclose(network_df(G, model.B_, lam2), expected, rtol=1e-12)
    j = int(np.argmax(expected))

    def fit(target):
        others = np.delete(np.arange(9), j)
        moments = moments_of(X[:, others], target)
        b, *_ = fit_expression(moments, 0.3, lam2, 1e-13)
        return X[:, others] @ b

    assert expected[j] == pytest.approx(divergence(fit, X[:, j].copy()), abs=1e-4)


# On a cohort --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(5)


@pytest.fixture(scope="module")
def chosen(cohort):
    lines, genes = cohort.lines_for("Docetaxel"), cohort.top_genes(PROFILE.n_genes)
    X = cohort.expression.loc[lines, genes].to_numpy()
    z = cohort.response.loc[lines, "Docetaxel"].to_numpy()
    return X, z, *choose(X, z, PROFILE, SEED)


@pytest.mark.parametrize("method", METHODS)
def test_description_is_what_the_data_give(chosen, method):
    X, z, moments, choice = chosen
    X, z = (X - moments.mean) / moments.scale, z - z.mean()
    n, p = X.shape
    u, state = refit(choice, method)
    fit = fits_along(moments, choice)[method][choice.index(method)]
    np.testing.assert_array_equal(fit.u, u)
    errors, ks, ps = [np.mean((z - X @ u) ** 2)], [np.count_nonzero(u)], [p]
    df = expression_df(moments.G, u, choice.point(method).get("lam2", 0.0))
    if state is not None:
        B = state.B.matrix().toarray()
        errors += list(np.mean((X - X @ B) ** 2, axis=0))
        ks = [np.count_nonzero(state.theta), *np.count_nonzero(B, axis=0)]
        ps = [p] + [p - 1] * p
        df = effects_df(
            moments.G, state.B.matrix(), state.theta, choice.point(method).get("lam4", 0.0)
        ) + sum(ks[1:])
    bic = n * np.sum(np.log(errors)) + np.log(n) * df
    chances = sum(np.log(comb(a, b)) for a, b in zip(ps, ks))
    assert fit.bic == pytest.approx(bic, rel=1e-9)
    assert fit.ebic == pytest.approx(bic + chances, rel=1e-9)
    assert (fit.effects, fit.edges) == (ks[0], sum(ks[1:]))


@pytest.fixture(scope="module")
def compared(cohort):
    return compare_rules(cohort, PROFILE, SEED)


def test_cv_is_the_choice_of_the_comparison(cohort, compared):
    rows, surface = compared
    predictions, choices = held_out(cohort, "Docetaxel", PROFILE, SEED, 0, 1)
    here = rows.query("drug == 'Docetaxel' and fold == 1 and rule == 'CV'").set_index("method")
    for row in choices.to_dict("records"):
        error = np.mean((predictions[row["method"]] - predictions["z"]) ** 2)
        assert here.at[row["method"], "error"] == pytest.approx(error, rel=1e-12)
        assert here.at[row["method"], "lam1"] == row["lam1"]
    lowest = surface.query("drug == 'Docetaxel' and fold == 1")["error"].min()
    assert lowest == pytest.approx(choices.set_index("method").at["Pro", "inner error"])


def test_other_rules_are_no_larger_within_a_standard_error(compared):
    rows = compared[0].set_index(["drug", "fold", "method", "rule"])["effects"].unstack("rule")
    assert (rows["1-SE"] <= rows["CV"]).all() and (rows["1-SE"] < rows["CV"]).any()


def test_threads_change_no_bit(cohort, compared):
    again = compare_rules(cohort, PROFILE, SEED, engine=Engine(threads=2))
    for one, other in zip(compared, again):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_nothing_of_the_unseen_lines_is_used(cohort, compared):
    rows, _ = compared
    folds = compute.outer_folds(cohort.expression.index, PROFILE.outer_folds, 0, SEED)
    response = cohort.response.copy()
    response.loc[folds == 0] += 100.0
    wild, _ = compute.held_out_rules(
        replace(cohort, response=response), PROFILE, SEED, "Docetaxel", 0
    )
    here = rows.query("drug == 'Docetaxel' and fold == 0").reset_index(drop=True)
    pd.testing.assert_frame_equal(wild.drop(columns="error"), here.drop(columns="error"))
    assert (wild["error"] > here["error"] + 1000.0).all()


def test_summary_is_paired_fold_by_fold(compared):
    rules = rule_errors(compared[0]).set_index(["method", "rule"])
    part = compared[0].query("method == 'LA'")
    wide = part.pivot(index=["drug", "fold"], columns="rule", values="error")
    apart = (wide["BIC"] - wide["CV"]).groupby("fold").mean()
    sizes = part.groupby("fold")[["n_test", "n_train"]].mean()
    expected = corrected_mean(apart, sizes["n_test"], sizes["n_train"])
    assert rules.loc[("LA", "BIC"), ["mean", "low", "high"]].to_dict() == pytest.approx(
        {name: expected[name] for name in ("mean", "low", "high")}
    )
    assert (rules.xs("CV", level="rule")[["mean", "low", "high"]] == 0.0).all(axis=None)


def test_surface_is_percent_above_the_lowest_of_a_drug(compared):
    table = mean_surface(compared[1])
    assert (table.groupby("drug")["above"].min() == 0.0).all()
    part = table[table["drug"] == "Docetaxel"]
    raw = compared[1].query("drug == 'Docetaxel'").groupby(["lam1", "lam3", "lam4"])["error"].mean()
    np.testing.assert_allclose(sorted(part["error"]), sorted(raw))
    np.testing.assert_allclose(part["above"], 100 * (part["error"] / raw.min() - 1), atol=1e-9)


@pytest.mark.parametrize("study", [SIMULATED, PAPER])
def test_figures_show_every_point_and_rule(compared, study):
    surface, rules = mean_surface(compared[1]), rule_errors(compared[0])
    figure = figures.draw_surface(surface, study=study)
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == surface["drug"].nunique() * surface["lam4"].nunique()
    assert sum(len(axes.texts) for axes in panels) == len(surface)
    assert [t.get_text() for axes in panels for t in axes.texts].count("min") == 4
    other = figures.draw_rules(rules, study=study)
    labels = [t.get_text() for t in other.axes[0].get_yticklabels()]
    assert labels == [f"{method}, {rule}" for method in METHODS for rule in RULES]
    for drawn in (figure, other):
        assert drawn._suptitle.get_text().endswith("SIMULATED DATA") == study.simulated
    said = figures.caption_surface(surface, 3, study=study)
    assert all(drug in said for drug in surface["drug"])
    assert "12 other choices" in figures.caption_rules(rules, study=study)


def test_conclusion_follows_the_numbers(compared):
    rules = rule_errors(compared[0])
    said = conclusion(rules)
    assert all(rule in said for rule in RULES)
    worse = rules.assign(low=0.1, mean=0.2, high=0.3)
    assert "clearly higher" in conclusion(worse) and "clearly lower" not in conclusion(worse)
    better = rules.assign(low=-0.3, mean=-0.2, high=-0.1)
    assert "clearly lower" in conclusion(better) and "clearly higher" not in conclusion(better)
    even = conclusion(rules.assign(error=0.7))
    assert f"**Pro**: {listed(RULES)} have the lowest error, 0.700. CV selects" in even


@pytest.mark.parametrize("name", PROFILES)
def test_sizes_keep_the_genes_of_the_profile(name):
    sizes = lambdas_sizes(name)
    assert sizes.n_genes == PROFILES[name].n_genes and sizes.repeats == 1
    assert sizes.points <= PROFILES[name].points
    assert lambdas_sizes(name, 17).n_genes == 17


# A search beside the grid -------------------------------------------------------------------


@pytest.fixture(scope="module")
def both_searches():
    """Both ways to choose lambdas for two drugs on the same folds."""
    cohort = simulate_cohort(11)
    two = replace(cohort, response=cohort.response.iloc[:, :2])
    searching = replace(PROFILE, outer_folds=2, search=SearchRule(budget=20))
    grid = compare(two, grid_beside(searching), SEED)
    return two, searching, {"grid": grid, "zoom": compare(two, searching, SEED)}


def test_searches_are_compared_on_the_same_lines(both_searches):
    _, _, compared = both_searches
    rows = searches_beside(compared)
    assert set(rows.groupby(["drug", "fold", "method"]).size()) == {2}
    for search, part in rows.groupby("search"):
        errors = fold_errors(compared[search].predictions, METHODS)
        for row in part.to_dict("records"):
            fold = errors.loc[(row["drug"], row["repeat"], row["fold"])]
            assert row["error"] == fold[row["method"]] and row["n_test"] == fold["n_test"]
    zoom = rows[rows["search"] == "zoom"]
    assert zoom["points"].max() <= 20 and rows[rows["search"] == "grid"]["points"].isna().all()
    assert (rows["lam2"].notna()).all()


def test_error_of_the_search_minus_that_of_the_grid(both_searches):
    rows = searches_beside(both_searches[2])
    table = search_errors(rows).set_index(["drug", "method"])
    drugs = list(rows["drug"].unique())
    for method in METHODS:
        part = rows[rows["method"] == method]
        apart = part.pivot(index=["drug", "fold"], columns="search", values="error")
        apart = apart["zoom"] - apart["grid"]
        sizes = part[part["search"] == "grid"].set_index(["drug", "fold"])
        for drug in drugs:
            lines = sizes.loc[drug]
            expected = corrected_mean(apart[drug], lines["n_test"], lines["n_train"])
            for name in ("mean", "low", "high"):
                assert table.loc[(drug, method), name] == pytest.approx(expected[name])
        assert table.loc[("all", method), "mean"] == pytest.approx(apart.mean())
    assert len(table) == 3 * len(METHODS)


def test_the_grid_beside_a_search_has_at_most_the_standard_points():
    for name, profile in PROFILES.items():
        grid = grid_beside(profile)
        assert grid.search == "grid" and grid.repeats == 1, name
        assert grid.points <= PROFILES["standard"].points
        assert grid.inner_folds == profile.inner_folds and grid.outer_folds == profile.outer_folds


def test_claims_are_judged_as_in_notebook_12(both_searches):
    compared = both_searches[2]
    claims = claims_beside({"grid": compared["grid"], "search": compared["zoom"]})
    for search, part in (("grid", compared["grid"]), ("search", compared["zoom"])):
        errors = fold_errors(part.predictions, METHODS)
        gain = network_gain(errors)
        assert str(gain) in claims.loc["C1", search]
        assert claims.loc["C2a", f"verdict, {search}"] in VERDICTS
    said = of_claims(claims)
    assert all(f"**{claim}**" in said for claim in CLAIMS) and "no verdict" in said
    claims.loc["C1", "verdict, search"] = "contradicted"
    assert "contradicted with the search, undecided with the grid" in of_claims(claims)
    assert "changes the verdict on C1" in of_claims(claims)


def test_sentence_names_the_order_of_the_methods(both_searches):
    table = search_errors(searches_beside(both_searches[2]))
    said = sentences.of_searches(table)
    pooled = table[table["drug"] == "all"].set_index("method")
    for method in METHODS:
        assert f"{method} {pooled.at[method, 'mean']:+.3f}" in said
    best = pooled["zoom"].idxmin()
    assert f"the methods are {best}, " in said and "nan" not in said
    even = sentences.of_searches(table.assign(mean=0.0))
    assert "most favourable for Pro, NW.P, ELA and LA." in even


def test_both_searches_are_drawn_with_their_difference(both_searches):
    table = search_errors(searches_beside(both_searches[2]))
    figure = figures.draw_searches(table, study=SIMULATED)
    assert len(figure.axes) == 2 * 3
    left = figure.axes[0]
    drawn = {
        (round(float(line.get_xdata()[0]), 9), line.get_markerfacecolor() == "white")
        for line in left.lines
        if line.get_marker() == "o"
    }
    part = table[table["drug"] == table["drug"].iloc[0]]
    for search in ("grid", "zoom"):
        for value in part[search]:
            assert (round(value, 9), search == "grid") in drawn
    assert "2 outer folds" in figures.caption_searches(table, 2, study=SIMULATED)


# Tolerances ---------------------------------------------------------------------------------


def test_neighbours_are_one_finest_step_away():
    rule = SearchRule()
    point = {"lam1": 0.1, "lam2": 0.2, "lam3": 0.05, "lam4": 0.2}
    points = neighbours(point, rule)
    assert len(points) == 9 and points[0] == point
    for other in points[1:]:
        ridge = other["lam2"] / other["lam1"] / 2.0  # 2.0 = lam2 / lam1 of the point
        ratios = [other[name] / point[name] for name in ("lam1", "lam3", "lam4")] + [ridge]
        moved = [ratio for ratio in ratios if not np.isclose(ratio, 1.0)]
        assert len(moved) == 1
        assert any(
            np.isclose(moved[0], f) for s in (2**0.25, 2**0.5, 4.0, 16.0) for f in (s, 1 / s)
        )
    assert len(neighbours({"lam1": 0.1, "lam2": 0.0, "lam3": 0.05}, rule)) == 5


def test_tolerances_are_checked_on_the_chosen_points(both_searches):
    cohort, searching, compared = both_searches
    checked = check_tolerances(cohort, compared["zoom"], searching, SEED, 2)
    chosen = compared["zoom"].choices.query("fold == 0 and method == 'NW.P'")
    first = checked[checked["method"] == "NW.P"].groupby("drug").head(1)
    assert first["lam3"].tolist() == chosen["lam3"].tolist()
    # From the network alone or along a path, NW.P has one solution.
    assert first["usual"].to_numpy() == pytest.approx(chosen["inner error"].to_numpy(), rel=2e-3)
    assert first["tight"].to_numpy() == pytest.approx(chosen["inner error"].to_numpy(), rel=2e-3)
    summary = tolerance_summary(checked)
    apart = (checked["usual"] - checked["tight"]).abs()
    for method, row in summary.iterrows():
        assert row["largest"] == apart[checked["method"] == method].max()
        assert row["parts"] == 2 and 0 <= row["change"] <= 2
    said = sentences.of_tolerances(summary)
    assert said.count("\n") == 1 and "nan" not in said
    assert "keeps this bound" in sentences.of_tolerances(summary.assign(above=0.0))


def test_a_changed_choice_is_counted_with_its_held_out_error():
    table = pd.DataFrame(
        {
            "drug": ["A", "A", "B", "B"],
            "repeat": 0,
            "fold": 0,
            "method": "Pro",
            "usual": [0.5, 0.6, 0.5, 0.6],
            "tight": [0.503, 0.502, 0.5, 0.6],
            "held-out": [0.8, 0.9, 0.7, np.nan],
        }
    )
    row = tolerance_summary(table).loc["Pro"]
    assert row["change"] == 1 and row["parts"] == 2 and row["points"] == 4
    assert row["held-out"] == pytest.approx(0.05) and row["above"] == 0.5
    assert row["largest"] == pytest.approx(0.098) and row["typical"] == pytest.approx(0.0015)
