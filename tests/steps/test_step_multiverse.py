"""Step 15: every reading against the steps that it varies, slow twins, planted and absent effects."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array
from sklearn.linear_model import ElasticNet, Lasso

from pnetlib.datasets import load_responses, load_screens
from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.errors import DataError, UsageError
from pnetlib.estimators import NetworkConstrainedRegression, NetworkThenPredict, PredictiveNetwork
from pnetlib.paper.decisions import open_decisions
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.solvers.moments import Moments
from pnetlib.stats.ranks import rank_sum
from pnetlib.steps.comparison import compute as comparison
from pnetlib.steps.effects.compute import regulatory_effects, standardise_together
from pnetlib.steps.lambdas.compute import describe as describe_step_07
from pnetlib.steps.markers.compute import DrugNetworks, common_markers
from pnetlib.steps.multiverse import (
    assemble,
    candidates,
    compute,
    curves,
    groups,
    prediction,
    reading as readings,
    sentences,
    simulation,
)
from pnetlib.steps.multiverse.candidates import Grid, Model, inner_folds, try_all
from pnetlib.steps.multiverse.curves import Curve
from pnetlib.steps.multiverse.data import DATA, default_reading, exchange_keys, exchanged, gather
from pnetlib.steps.multiverse.packed import pack, unpack
from pnetlib.steps.multiverse.together import most_together
from pnetlib.steps.networks import compute as networks
from pnetlib.steps.sizes import multiverse_sizes, profile_named, simulation_sizes

SEED = 7
GRID = Grid((0.2,), (0.4, 0.1), (0.0, 0.4), (0.3, 0.8), 2)


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(SEED)


@pytest.fixture(scope="module")
def material(cohort):
    screens = load_screens("simulated", cohort, seed=SEED)
    laboratory = load_responses("", cohort, seed=SEED)
    tfs = tuple(cohort.top_genes(80)[::3])
    spreads = pd.Series(2.0, list(cohort.response))
    return gather(cohort, screens, laboratory, tfs, None, spreads, group_size=30)


@pytest.fixture(scope="module")
def default(material):
    return default_reading(material.options())


@pytest.fixture(scope="module")
def multiverse(cohort, material):
    genes = networks.neighbourhood(cohort, cohort.top_genes(80), list(MARKERS), 12, 0.4, 1)
    sizes = replace(multiverse_sizes("smoke"), draws=29, splits=2, wide_splits=1, marker_draws=2)
    return compute.Multiverse(material, sizes, simulation_sizes("smoke"), 80, 12, genes, SEED)


@pytest.fixture(scope="module")
def results(multiverse):
    return compute.run_works(multiverse.works())


@pytest.fixture(scope="module")
def found(multiverse, results):
    return multiverse.curves(results)


# Data -----------------------------------------------------------------------------------------


def test_the_default_reading_of_the_data_is_the_cohort_itself(cohort, material, default):
    own = material.cohort_for(default)
    pd.testing.assert_frame_equal(own.expression, cohort.expression)
    pd.testing.assert_frame_equal(own.response, cohort.response)
    options = material.options()
    for name, decision in open_decisions().items():
        known = options[name] if name != "size" else decision.names
        assert (set(known) <= set(decision.names) and known[0] == default[name]) or name == "size"
    assert options["size"] == ["30", "19", "25", "35", "41"]


def test_readings_of_the_data_change_what_they_name(cohort, material, default):
    z = material.cohort_for(default | {"expression": "z-scores"}).expression
    np.testing.assert_allclose(z.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=1, ddof=1), 1.0)
    solid = material.cohort_for(default | {"lines": "solid"})
    assert 0 < len(solid.expression) < len(cohort.expression)
    assert not set(solid.annotation["tissue"]) & {"blood", "lymph node", "marrow"}
    other = material.cohort_for(default | {"doxorubicin": "1386"}).response
    assert not other["Doxorubicin"].equals(cohort.response["Doxorubicin"])
    assert other["Docetaxel"].equals(cohort.response["Docetaxel"])
    second = material.cohort_for(default | {"response": "GDSC2"}).response
    assert second["Docetaxel"].corr(cohort.response["Docetaxel"]) < 0.9


def test_what_a_run_lacks_is_named_and_left_out(cohort):
    none = load_screens("simulated", cohort, seed=SEED).among([])
    bare = gather(cohort, none, none)
    options = bare.options()
    assert options["doxorubicin"] == ["133"] and options["response"] == ["ln IC50"]
    assert options["regulators"] == ["all"] and options["prediction"] == ["standardised"]
    assert options["judge"] == ["squared error", "rank correlation"]
    assert any("second screen" in text for text in bare.missing)
    assert bare.digest != replace(bare, tfs=("ANXA10",)).digest


def test_exchanges_stay_within_tissues_and_agree_in_a_part_of_the_lines(cohort, material, default):
    keys = exchange_keys(cohort, 3, SEED)
    rows, tissue = exchanged(cohort, keys[0]), cohort.annotation["tissue"].to_numpy()
    assert sorted(rows) == list(range(len(tissue))) and (tissue[rows] == tissue).all()
    assert (rows != np.arange(len(rows))).mean() > 0.5
    solid = material.cohort_for(default | {"lines": "solid"})
    part = exchanged(solid, keys[0])
    names, every = solid.expression.index.to_numpy(), cohort.expression.index.to_numpy()
    assert dict(zip(names, names[part])).items() <= dict(zip(every, every[rows])).items()
    assert exchange_keys(cohort, 5, SEED).iloc[:, :3].equals(keys)


# Groups ---------------------------------------------------------------------------------------


def test_the_default_groups_and_networks_are_those_of_step_04(cohort, material, default):
    expected = networks.split_groups(cohort, 30)
    values = cohort.response.to_numpy()
    rows = groups.group_rows(values, "extreme", 30)
    for group, own in zip(networks.GROUPS, rows):
        assert list(cohort.expression.index[own]) == list(expected.lines[group])
    genes = cohort.top_genes(25)
    X = np.ascontiguousarray(cohort.expression[genes].to_numpy())
    split = groups.Split(X, values, "extreme", 30, genes)
    own = split.groups(np.arange(len(X)))
    chosen = groups.choose_penalties(split, own, cohort, SEED)
    errors = networks.network_errors(cohort, expected, genes, SEED)
    lam1 = errors.mean(axis=1).idxmin()
    assert chosen.own["cross-validation"] == lam1
    pair = dict(groups.networks(split, own, chosen))["own lines", "cross-validation"]
    fitted = networks.fit_group_networks(cohort, expected, genes, lam1)
    for B, group in zip(pair, networks.GROUPS):
        np.testing.assert_allclose(B, fitted[group].B_.toarray(), atol=2e-3)


def test_other_rules_for_groups_sort_by_mean_and_by_rank(cohort):
    values = cohort.response.to_numpy()
    complete = np.flatnonzero(~np.isnan(values).any(axis=1))
    ST, RS = groups.group_rows(values, "mean", 20)
    mean = values.mean(axis=1)
    assert mean[ST].max() <= np.sort(mean[complete])[19] and mean[RS].min() >= mean[ST].max()
    ST, _ = groups.group_rows(values, "quantile", 20)
    ranks = pd.DataFrame(values[complete]).rank().max(axis=1)
    assert set(ST) == set(complete[np.argsort(ranks, kind="stable")[:20]])
    assert groups.group_rows(values, "mean", len(values)) is None


def test_equal_edges_are_as_equal_as_the_path_allows():
    B = {2.0: 1, 1.0: 4, 0.5: 9, 0.2: 30}
    fit = lambda lam1, _: np.eye(40)[:, : B[lam1]]  # noqa: E731
    for wanted, lam1 in ((1, 2.0), (5, 1.0), (8, 0.5), (12, 0.5), (25, 0.2), (99, 0.2)):
        assert groups.with_edges(fit, B, wanted)[0] == lam1


def test_quantities_are_those_of_steps_04_and_05(cohort):
    expected = networks.split_groups(cohort, 30)
    genes = pd.Index(dict.fromkeys([*MARKERS, *cohort.top_genes(20)]))
    fitted = networks.fit_group_networks(cohort, expected, genes, 0.3)
    values = cohort.response.to_numpy()
    X = np.ascontiguousarray(cohort.expression[genes].to_numpy())
    split = groups.Split(X, values, "extreme", 30, genes)
    own = split.groups(np.arange(len(X)))
    pair = [fitted[group].B_.toarray() for group in networks.GROUPS]
    found = groups.quantities(split, own, pair)
    effects = found[:, 9:].reshape(2, 2, 2, 3, 3, len(groups.GENES))
    table = regulatory_effects(
        dict(zip(networks.GROUPS, pair)),
        standardise_together(cohort, expected, genes),
        expected,
        list(groups.GENES),
    )
    means = table.groupby(["group", "side", "length", "marker"])["effect"].mean()
    for g, group in enumerate(networks.GROUPS):
        degrees = fitted[group].degrees()
        place = [genes.get_loc(gene) for gene in NAMED_EDGE]
        assert found[g, 0] == pytest.approx(abs(pair[g][place[0], place[1]]))
        for m, gene in enumerate(groups.GENES):
            assert found[g, 1 + m] == pytest.approx(degrees[gene])
            number = np.sum(pair[g][genes.get_loc(gene)] != 0)
            number += np.sum(pair[g][:, genes.get_loc(gene)] != 0)
            assert found[g, 5 + m] == number
            for (s, side), (k, length) in itertools.product(
                enumerate(("targets", "regulators")), enumerate((1, 2))
            ):
                own_mean = effects[g, s, k, 0, 0, m]
                assert own_mean == pytest.approx(means[group, side, length, gene])


def test_sums_and_means_of_effects_by_hand():
    B = np.array([[0.0, 0.5, -0.5], [0.0, 0.0, 0.2], [0.3, 0.0, 0.0]])
    X = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 1.0]])
    found = groups.effects_of(B, np.array([0]), (X, X, X))[..., 0, 0]
    targets, regulators = found[0], found[1]
    assert targets[0].tolist() == [1.0, 0.0, 0.5]
    np.testing.assert_allclose(regulators[0], [0.6, 0.6, 0.6])
    two = B + B @ B
    assert targets[1][0] == pytest.approx(np.abs(two[0, 1:]).sum())


def test_contrasts_have_one_scale_and_the_edge_its_own():
    found = groups.contrasts(np.array([[0.5, 2.0, 0.0, 3.0], [0.2, 0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(found, [0.3, 1.0, 0.0, 0.5])


@pytest.mark.long
def test_a_split_gives_the_same_whatever_else_is_drawn(multiverse, results):
    plan = multiverse.plan
    again = groups.split_work(
        multiverse.material,
        multiverse.keys.iloc[:, :2],
        12,
        80,
        multiverse.network_genes,
        SEED,
        plan.splits[1],
    )
    stored = results["splits"][plan.splits[1],]
    np.testing.assert_array_equal(unpack(again["contrasts"]), unpack(stored["contrasts"])[:3])
    assert again["lam1"] == stored["lam1"] and len(stored["names"]) == 9
    wide = results["splits"][plan.wide[0],]
    assert len(wide["names"]) == 9 and wide["sizes"] != stored["sizes"]


def test_many_genes_have_the_same_networks_of_their_own_lines_alone(cohort, monkeypatch):
    values = cohort.response.to_numpy()
    genes = cohort.top_genes(25)
    X = np.ascontiguousarray(cohort.expression[genes].to_numpy())
    split = groups.Split(X, values, "extreme", 30, genes)
    own = split.groups(np.arange(len(X)))
    few = dict(groups.networks(split, own, groups.choose_penalties(split, own, cohort, SEED)))
    monkeypatch.setattr(groups, "LARGEST_DENSE", 20)
    chosen = groups.choose_penalties(split, own, cohort, SEED)
    many = dict(groups.networks(split, own, chosen))
    assert list(many) == [("own lines", "cross-validation"), ("own lines", "BIC")]
    for name, pair in many.items():
        np.testing.assert_allclose(pair, few[name], atol=5e-3)


def test_packed_arrays_keep_their_values():
    values = np.array([[0.1234, np.nan, -1.0], [1.0, 0.0, 1e9]])
    found = unpack(pack(values, 1 / 32767))
    np.testing.assert_allclose(found[:, :2], values[:, :2], atol=2e-5)
    assert found[1, 2] == pytest.approx(1.0) and np.isnan(found[0, 1])


# Candidates -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tried(cohort):
    lines, genes = cohort.lines_for("Docetaxel"), cohort.top_genes(30)
    X = cohort.expression.loc[lines, genes].to_numpy()
    z = cohort.response.loc[lines, "Docetaxel"].to_numpy()
    folds = inner_folds(len(z), GRID, SEED)
    return X, z, folds, try_all(X, z, X[:5], folds, Model(), GRID, keep=lambda fit: fit)


def test_every_method_is_the_estimator_of_its_name(tried):
    X, z, _, found = tried
    S = (X - X.mean(axis=0)) / X.std(axis=0)
    options = {"tol": 1e-10, "n_jobs": 1}
    models = {
        "NW.P, lasso": lambda p: NetworkThenPredict(**p, **options),
        "NW.P, link penalty": lambda p: NetworkThenPredict(**p, **options),
        "NW.P, constrained": lambda p: NetworkConstrainedRegression(**p, **options),
        "NW.P, constrained, signs": lambda p: NetworkConstrainedRegression(
            **p, signs="initial", **options
        ),
        "LA": lambda p: Lasso(alpha=p["lam1"] / 2, tol=1e-9, max_iter=100_000),
        "ELA": lambda p: ElasticNet(
            alpha=p["lam1"] / 2 + p["lam2"],
            l1_ratio=p["lam1"] / 2 / (p["lam1"] / 2 + p["lam2"]),
            tol=1e-9,
            max_iter=100_000,
        ),
    }
    for method, make in models.items():
        for index in (0, len(found[method].points) - 1):
            point = found[method].points[index]
            predicted = make(point).fit(S, z).predict(S[:5])
            np.testing.assert_allclose(found[method].new[:, index], predicted, atol=0.02)


def test_pro_is_the_joint_model_at_loose_tolerances(tried):
    X, z, _, found = tried
    own = found["Pro"]
    for index, point in enumerate(own.points):
        model = PredictiveNetwork(
            **point, tol=1e-3, gap_tol=1e-4, max_iter=10, n_starts=1, n_jobs=1
        )
        apart = model.fit(X, z).predict(X[:5]) - own.new[:, index]
        assert np.abs(apart).max() < 0.05


def test_predictions_on_activities_by_hand(tried):
    X, z, _, found = tried
    S = (X - X.mean(axis=0)) / X.std(axis=0)
    for method, model in (("NW.P, least squares", None), ("NW.P, elastic net", "elastic net")):
        own = found[method]
        fit = own.kept[-1]
        A = S @ fit.state.B.matrix().toarray()
        if model is None:
            theta = np.linalg.lstsq(A, z - z.mean(), rcond=1e-6)[0]
        else:
            lam3 = fit.point["lam3"]
            theta = ElasticNet(alpha=lam3, l1_ratio=0.5, tol=1e-9, max_iter=100_000).fit(A, z).coef_
        np.testing.assert_allclose(own.new[:, -1], z.mean() + A[:5] @ theta, atol=0.02)


def test_inner_predictions_leave_their_line_out(tried):
    X, z, folds, found = tried
    for train, test in folds:
        S = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
        point = found["LA"].points[3]
        lasso = Lasso(alpha=point["lam1"] / 2, tol=1e-9, max_iter=100_000).fit(S[train], z[train])
        np.testing.assert_allclose(found["LA"].inner[test, 3], lasso.predict(S[test]), atol=0.01)
    errors = found["LA"].fold_errors(z, folds)
    expected = [np.mean((found["LA"].inner[test, 3] - z[test]) ** 2) for _, test in folds]
    np.testing.assert_allclose(errors[:, 3], expected)


def test_criteria_are_those_of_step_07(tried):
    X, z, _, found = tried
    moments = Moments.of(X, z, n_jobs=1)
    for method in ("Pro", "NW.P, link penalty"):
        fit = found[method].kept[-1]
        expected = describe_step_07(moments, fit.point, fit.u, fit.state)
        assert found[method].bic[-1] == pytest.approx(expected.bic, rel=1e-6)
        assert found[method].ebic[-1] == pytest.approx(expected.ebic, rel=1e-6)
        assert found[method].sizes[-1] == (expected.effects, expected.edges)
    point = found["ELA"].points[-1]
    expected = describe_step_07(moments, point, found["ELA"].kept[-1].u, None)
    assert found["ELA"].bic[-1] == pytest.approx(expected.bic, rel=1e-6)


def test_every_rule_chooses_as_it_says(tried):
    _, z, folds, found = tried
    for own in found.values():
        choices = own.choices(z, folds)
        mean = own.fold_errors(z, folds).mean(axis=0)
        assert mean[choices["nested"]] == mean.min()
        assert own.sizes[choices["one standard error"]] <= own.sizes[choices["nested"]]
        assert own.bic[choices["BIC"]] == min(own.bic)
        assert own.ebic[choices["EBIC"]] == min(own.ebic)


@pytest.mark.parametrize(
    "model",
    [
        Model("d"),
        Model(coupling="lagged"),
        Model(fixed_signs=True),
        Model(ridge=True),
        Model(n_regulators=9),
    ],
)
def test_options_of_the_model_reach_the_fits(tried, model):
    X, z, folds, _ = tried
    found = try_all(X, z, X[:5], folds, model, GRID, methods=("Pro",), keep=lambda fit: fit)["Pro"]
    fit = found.kept[-1]
    names = {"degree": model.degree, "coupling": model.coupling}
    names["sign"] = "fixed" if model.fixed_signs else "current"
    regulators = None if model.n_regulators is None else range(model.n_regulators)
    own = PredictiveNetwork(
        **found.points[-1], **names, tol=1e-3, gap_tol=1e-4, max_iter=10, n_starts=1, n_jobs=1
    ).set_params(regulators=regulators)
    apart = own.fit(X, z).predict(X[:5]) - found.new[:, -1]
    assert np.abs(apart).max() < 0.05
    if model.ridge:
        assert {point["lam2"] > 0 for point in found.points} == {True, False}
    if model.n_regulators:
        assert fit.state.B.indices.max() < model.n_regulators


def test_sums_of_errors_change_lambdas_by_the_number_of_lines_alone():
    """The decision "losses" has no consequence: lambdas of means do not depend on n."""
    rng = np.random.default_rng(0)
    X, z = rng.normal(size=(40, 6)), rng.normal(size=40)
    X[:, 1] += X[:, 0]
    lambdas = {"lam1": 0.2, "lam2": 0.1, "lam3": 0.05, "lam4": 0.3}
    options = {"tol": 1e-10, "gap_tol": 1e-12, "n_starts": 1, "n_jobs": 1}
    once = PredictiveNetwork(**lambdas, **options).fit(X, z)
    twice = PredictiveNetwork(**lambdas, **options).fit(np.tile(X, (2, 1)), np.tile(z, 2))
    np.testing.assert_allclose(once.coef_, twice.coef_, atol=1e-6)


# Prediction and markers -----------------------------------------------------------------------


@pytest.mark.long
def test_gains_are_differences_of_errors_and_of_rank_correlations(multiverse, results):
    plan, task = multiverse.plan, multiverse.task
    table, lines = assemble.gains(results["fits"], task, plan.fits, plan.drugs, 2)
    own = table[(table[list(prediction.FIT)] == list(plan.fits[0])).all(axis=1)]
    cohort = task.material.cohort_for(dict(zip(prediction.FIT, plan.fits[0])))
    z, predicted = [], []
    for fold in range(2):
        response, unseen = prediction.split_lines(task, cohort, "Docetaxel", fold)
        z.append(response[unseen])
        predicted.append(unpack(results["fits"][plan.fits[0], "Docetaxel", fold]["new"]))
    z, predicted = pd.concat(z), np.concatenate(predicted)
    chosen = {"tuning": "BIC", "reported": "outer folds"}
    for judge in ("squared error", "rank correlation", "second screen"):
        (row,) = own[(own[[*chosen, "judge"]] == [*chosen.values(), judge]).all(axis=1)].index
        score = lines["Docetaxel"][row].sum(axis=0)
        for k in (0, 8):
            one = pd.Series(predicted[:, k, 2], z.index)
            if judge == "squared error":
                expected = -np.mean((z - one) ** 2)
            else:
                judged = (
                    z if judge == "rank correlation" else task.material.judges[judge]["Docetaxel"]
                )
                expected = one.corr(judged, method="spearman")
            assert score[k] == pytest.approx(expected, abs=2e-3)


@pytest.mark.long
def test_signs_of_lines_are_turned_together(multiverse, results):
    plan, task = multiverse.plan, multiverse.task
    table, lines = assemble.gains(results["fits"], task, plan.fits[:1], plan.drugs, 2)
    signs = assemble.sign_draws(len(task.material.cohort.expression), 20, SEED)
    curve = assemble.prediction_curves(table, lines, signs)["C1"]
    names = candidates.METHODS
    k = len(table) * 2 + 5  # the third model of NW.P, the sixth reading
    model = curve.readings.at[k, "second"]
    apart = []
    for values in lines.values():
        v = values[5]
        pro, nwp, ela, la = (v[:, names.index(m)] for m in ("Pro", f"NW.P, {model}", "ELA", "LA"))
        apart.append((pro + nwp - ela - la) / 2)
    mean = np.nanmean(apart, axis=0)
    np.testing.assert_allclose(curve.estimates[0][k], mean.sum(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(curve.estimates[3][k], mean @ signs[2], rtol=1e-3, atol=1e-5)
    assert not set(curves.without_optimistic(curve).readings["reported"]) & set(curves.OPTIMISTIC)


def test_the_probability_of_a_marker_ahead_is_that_of_the_rank_sum_test():
    rng = np.random.default_rng(0)
    place, inside = rng.integers(1, 9, (4, 30)).astype(float), np.arange(30) < 5
    for draw, found in zip(place, assemble.probability_ahead(place, inside)):
        assert found == pytest.approx(rank_sum(-draw, inside, 0.0)[0])
        pairs = [(a < b) + 0.5 * (a == b) for a in draw[:5] for b in draw[5:]]
        assert found == pytest.approx(np.mean(pairs))


@pytest.mark.long
def test_markers_at_the_same_lambdas_are_found_again(multiverse, results):
    plan, task = multiverse.plan, multiverse.task
    keys = multiverse.keys.iloc[:, :0]
    first = results["markers"][plan.fits[0], "Docetaxel"]
    again = prediction.marker_fits(task, keys, plan.fits[0], "Docetaxel")
    np.testing.assert_array_equal(unpack(again["ranks"])[0], unpack(first["ranks"])[0])
    ranks = unpack(first["ranks"])
    assert ranks.shape == (1 + multiverse.sizes.marker_draws, 4, 4, len(first["genes"]))
    assert np.nanmin(ranks) == 1 and not np.array_equal(ranks[0], ranks[1], equal_nan=True)


# Simulation -----------------------------------------------------------------------------------


@pytest.mark.long
def test_the_fixed_point_is_the_one_that_is_named():
    samples = simulation.Samples(60, 60, 12)
    data = simulation.draw_data(
        simulation.design_of(("TF hub", "5", "1", "expression"), 12), 0, samples, SEED
    )
    folds = inner_folds(len(data.z), simulation.GRID, SEED)
    found = try_all(data.X, data.z, data.X[:1], folds, Model(), simulation.GRID)
    pro = found["Pro"].points
    point = pro[simulation.fixed_point("Pro", pro)]
    lam1s = sorted({p["lam1"] for p in pro}, reverse=True)
    assert point["lam1"] == lam1s[1] and point["lam4"] == 1.0
    lam3s = sorted({p["lam3"] for p in pro if p["lam1"] == point["lam1"]}, reverse=True)
    assert point["lam3"] == lam3s[1]
    la = found["LA"].points
    assert la[simulation.fixed_point("LA", la)]["lam1"] == pytest.approx(
        0.15 * 2 * max(p["lam1"] for p in la), rel=0.2
    )


@pytest.mark.long
def test_pro_selects_the_paper_s_share_of_genes_at_the_fixed_point():
    """What a trial had shown: relevant genes found, irrelevant ones left out."""
    samples = simulation.Samples(100, 100, 20)
    rates = np.mean(
        [simulation.select(samples, SEED, ("TF hub", "5", "1", "expression"), 0)], axis=0
    )
    pro = rates[0, simulation.TUNING.index("fixed"), 0]
    assert pro[0] >= 0.9 and pro[1] >= 0.9


# Curves ---------------------------------------------------------------------------------------


def small_curve(values, conditions=None, **options):
    """A curve of one decision with given observed parts and draws of noise."""
    rng = np.random.default_rng(0)
    values = np.asarray(values, float)
    draws = rng.normal(0, 0.1, (99, *values.shape))
    table = pd.DataFrame({"lines": ["all", "solid"] * (len(values) // 2)})
    conditions = np.ones(len(values), bool) if conditions is None else np.asarray(conditions)
    return Curve("C1", table, np.concatenate((values[None], draws)), conditions, **options)


def test_a_claim_agrees_and_holds_as_defined():
    curve = small_curve(
        [[1.0, 1.0], [1.0, 0.01], [1.0, -1.0], [1.0, 1.0]], [True, True, True, False]
    )
    assert curve.agrees.tolist() == [True, True, False, False]
    assert curve.holds.tolist() == [True, False, False, False]
    np.testing.assert_allclose(curve.estimates[0], [1.0, 0.505, 0.0, 1.0])
    least = small_curve([[1.0, 0.2], [0.3, 0.1]], combine="least")
    np.testing.assert_allclose(least.estimates[0], [0.2, 0.1])
    missing = small_curve([[1.0, np.nan], [1.0, 1.0]])
    assert missing.estimates[0].tolist() == [1.0, 1.0] and missing.agrees.tolist() == [False, True]


def test_words_for_how_robust_a_claim_is():
    every = small_curve(np.ones((4, 1)))
    assert curves.robustness(every, ["lines"]) == "holds in nearly all"
    assert curves.robustness(small_curve(-np.ones((4, 1))), ["lines"]) == "holds in hardly any"
    some = small_curve([[1.0], [-1.0], [1.0], [-1.0]])
    assert curves.robustness(some, ["lines"]) == "depends on lines"
    near = curves.summarise(some, {"lines": "solid"})["nearest"]["holds"]
    assert near == {"changes": 1, "reading": {"lines": "all"}}


@pytest.mark.long
def test_all_claims_have_curves_and_their_numbers_can_be_stored(
    multiverse, results, found, default
):
    assert list(found) == list(compute.ORDER)
    exchanged_curves = multiverse.exchanged_curves(results)
    numbers = compute.numbers(found, exchanged_curves, default)
    for claim, own in numbers["claims"].items():
        assert own["agrees"] >= own["holds"] >= 0 and own["readings"] > 0
        assert own["default"] is not None, claim
        text = sentences.of_claims({"claims": {claim: own}})
        assert claim in text and "nan" not in text
    assert len(sentences.overall(numbers).splitlines()) == 5
    table = curves.by_claim(found)
    assert set(table["claim"]) == set(found) and table["readings"].min() > 0
    listed = sentences.decisions_table(multiverse.material.options())
    assert "Li and Li" in listed and "AUC" not in listed


@pytest.mark.long
def test_the_best_single_reading_is_found_as_by_trying_all(found, default):
    found = {claim: part_of(curve) for claim, curve in found.items()}
    for column in ("agrees", "holds"):
        best = most_together(found, default, column)
        for claim in best["claims"]:
            table = found[claim].readings.assign(true=getattr(found[claim], column))
            own = list(found[claim].readings)
            rows = table[(table[own] == pd.Series(best["reading"])[own]).all(axis=1)]
            assert rows["true"].any(), claim
        assert len(best["claims"]) == most_by_hand(found, column)


def part_of(curve):
    """The curve under few readings, so that all of them can be tried."""
    table = curve.readings
    kept = np.ones(len(table), bool)
    few = {"estimator": groups.ESTIMATORS[:2], "penalty": groups.PENALTIES[:1]}
    few |= {"tuning": prediction.RULES[:2], "judge": ["squared error", "second screen"]}
    few |= {"reported": ["outer folds", "one split"], "second": candidates.SECOND[::2]}
    for name, options in few.items():
        kept &= table[name].isin(options).to_numpy() if name in table else True
    own = {"readings": table[kept].reset_index(drop=True), "parts": curve.parts[:, kept]}
    own |= {"conditions": curve.conditions[kept]}
    own |= {"p_parts": None if curve.p_parts is None else curve.p_parts[:, kept]}
    return replace(curve, **own)


def at(table, options):
    """The readings with some options of the data."""
    return table[(table[list(DATA)] == list(options)).all(axis=1)]


def most_by_hand(found, column):
    """Try every reading of the data and NW.P's model, claim by claim."""
    network = [*groups.SPLIT, "estimator", "penalty"]
    fit = [*prediction.FIT, "tuning"]
    true = {c: k.readings[getattr(k, column)] for c, k in found.items()}
    every = {c: k.readings for c, k in found.items()}
    best = 0
    data = pd.concat([t[list(DATA)] for t in (every["C4"], every["C1"])]).drop_duplicates()
    for options in data.itertuples(index=False):
        most = 0
        for net in at(every["C4"], options)[network].itertuples(index=False):
            same = {
                c: true[c][(true[c][network] == list(net)).all(axis=1)]
                for c in compute.GROUP_CLAIMS
            }
            hubs = max(
                sum((same[c]["hub"] == hub).any() for c in ("C5a", "C5b")) for hub in groups.HUBS
            )
            effects = max(
                sum(
                    (same[c][["sum", "steps", "scale"]] == list(e[:3])).all(axis=1).any()
                    for c in ("C6a", "C6b")
                )
                + sum(
                    (same[c][["sum", "steps", "scale", "absent"]] == list(e)).all(axis=1).any()
                    for c in ("C7a", "C7b")
                )
                for e in itertools.product(
                    groups.SUMS, groups.STEPS, groups.SCALES, assemble.ABSENT
                )
            )
            most = max(most, len(same["C4"]) + hubs + effects)
        for second in candidates.SECOND:
            simulated = int((true["C8"]["second"] == second).any())
            score = 0
            for own in at(every["C1"], options).drop_duplicates(fit)[fit].itertuples(index=False):
                rows = every["C1"]
                rows = rows[(rows[fit] == list(own)).all(axis=1) & (rows["second"] == second)]
                for judged in rows[["reported", "judge"]].drop_duplicates().itertuples(index=False):
                    key = [*own, second, *judged]
                    names = [*fit, "second", "reported", "judge"]
                    count = sum(
                        (true[c][names] == key).all(axis=1).any()
                        for c in ("C1", "C2a", "C2b", "C2c")
                    )
                    markers = (true["C3"][fit] == list(own)).all(axis=1).any()
                    score = max(score, count + markers)
            best = max(best, most + score + simulated)
    return best


# Planted and absent effects -------------------------------------------------------------------


@pytest.mark.long
def test_planted_differences_are_found_and_exchanged_ones_are_not(found, multiverse):
    planted = curves.summarise(found["C6a"], default_reading(multiverse.material.options()))
    assert planted["test"]["p_median"] < 0.05 and planted["median"] > 0.1
    keys = exchange_keys(multiverse.material.cohort, 1, 99)[0]
    cohort = multiverse.material.cohort
    rows = exchanged(cohort, keys)
    values = cohort.response.to_numpy()[rows]
    response = pd.DataFrame(values, cohort.response.index, cohort.response.columns)
    absent = replace(cohort, response=response)
    material = replace(multiverse.material, cohort=absent, responses={("133", "ln IC50"): response})
    material = replace(material, units={("133", "ln IC50"): pd.Series(np.nan, response.columns)})
    sizes = replace(multiverse.sizes, wide_splits=0)
    other = replace(multiverse, material=material, sizes=sizes)
    works = {"splits": other.works()["splits"]}
    curve = assemble.group_curves({s: f for (s,), f in compute.run_works(works)["splits"].items()})
    assert curves.test_of(curve["C6a"]).p_median > 0.05


# Readings of notebooks 01 to 05 ---------------------------------------------------------------


def test_texts_of_readings_are_read_and_written(material, default):
    options = material.options()
    text = "lines=solid; size=25; second=constrained, signs"
    own = readings.read_reading(text, options)
    assert own == default | {"lines": "solid", "size": "25", "second": "constrained, signs"}
    assert readings.read_reading(readings.text_of(own, default), options) == own
    assert (
        readings.text_of(default, default) == "" and readings.read_reading("", options) == default
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tissue=solid", "'tissue=solid' is no decision"),
        ("lines", "'lines' is no decision with an option"),
        ("judge=squared error", "judge is a decision that notebooks 01 to 05 do not have"),
        ("lines=blood", "lines is 'blood', which is none of its options; choose all, solid"),
        ("response=AUC", "response is 'AUC', which is not there in these data; choose ln IC50"),
    ],
)
def test_wrong_readings_are_refused_by_name(material, text, said):
    with pytest.raises(UsageError, match="reading: ") as refused:
        readings.read_reading(text, material.options())
    assert said in str(refused.value)


@pytest.fixture(scope="module")
def read(material, default):
    text = "genes=10%; second=constrained; tuning=BIC; degree=degree; prediction=raw; rank=theta; "
    text += "common=mean rank; groups=mean; size=25; estimator=joint model; sum=mean; scale=raw"
    own = readings.read_reading(text, material.options())
    units = {drug: material.unit_of(own, drug) for drug in material.cohort.response}
    return readings.Reading(own, default, units, material.tfs, GRID)


def test_the_default_reading_leaves_every_step_as_it_is(cohort):
    usual, profile = readings.Reading.usual(), profile_named("smoke")
    assert usual.sizes(profile, cohort) is profile and usual.force(cohort, "ANXA10") == ("ANXA10",)
    assert usual.sentence() == "Default reading."
    groups_ = usual.split_groups(cohort, 30)
    assert groups_.cuts == networks.split_groups(cohort, 30).cuts
    assert readings.of_plain(readings.plain(usual)) == usual == readings.of_plain(None)
    assert usual.first_draw([1, 2], [], None, 0.1) == [1, 2]


def test_a_reading_trains_the_models_it_names(cohort, read):
    part = cohort.with_drugs(["Docetaxel"])
    profile = replace(read.sizes(profile_named("smoke"), part), outer_folds=2, repeats=1)
    assert profile.n_genes == 15 and profile.group_size == 25
    compared = read.compare(part, profile, SEED)
    assert set(compared.predictions) >= {"Pro", "NW.P", "ELA", "LA", "drug mean", "tissue mean"}
    errors = comparison.method_errors(comparison.fold_errors(compared.predictions))
    means = errors.set_index("method")["mean"]
    assert means["ELA"] < means["drug mean"] and means["Pro"] < means["drug mean"]
    chosen = read.choose_on_all_lines(part, profile, SEED)["Docetaxel"]
    genes = part.top_genes(profile.n_genes)
    X, z = (
        part.expression.loc[part.lines_for("Docetaxel"), genes],
        part.response["Docetaxel"].dropna(),
    )
    options = {"tol": 1e-3, "gap_tol": 1e-4, "max_iter": 10, "n_starts": 1, "n_jobs": 1}
    model = PredictiveNetwork(**chosen["Pro"], **options).fit(X, z)
    _, _, predicted = read.trained(X, z, X.iloc[:8], "Docetaxel", SEED)["Pro"]
    assert np.abs(model.predict(X.iloc[:8]) - predicted).max() < 0.05
    stored = readings.of_plain(readings.plain(read))
    assert stored == read and "chosen after seeing the results" in read.sentence()


def test_a_reading_finds_markers_groups_networks_and_effects(cohort, read):
    groups_ = read.split_groups(cohort, 25)
    mean = cohort.response.loc[cohort.complete_lines()].mean(axis=1)
    assert set(groups_.lines["ST"]) == set(mean.nsmallest(25).index)
    genes = pd.Index(dict.fromkeys([*MARKERS, *cohort.top_genes(12)]))
    lam1 = 0.3
    fitted = read.group_networks(cohort, groups_, genes, lam1, SEED)
    edges, degrees = networks.edge_table(fitted), networks.degree_table(fitted)
    assert len(edges) and list(degrees.index) == list(genes)
    pair = {group: fitted[group].B_.toarray() for group in networks.GROUPS}
    table = read.regulatory_effects(pair, cohort, groups_, genes, ["ANXA10"])
    own = table[(table["group"] == "ST") & (table["side"] == "targets") & (table["length"] == 1)]
    row = np.abs(pair["ST"][genes.get_loc("ANXA10")])
    expected = (
        cohort.expression.loc[own["line"], "ANXA10"].abs() * row.sum() / max(1, (row > 0).sum())
    )
    np.testing.assert_allclose(own["effect"], expected)
    with pytest.raises(DataError, match="choose a smaller group_size"):
        read.split_groups(cohort, 120)


def test_markers_by_the_rule_of_a_reading(read):
    genes = pd.Index([f"G{k}" for k in range(6)])
    theta = pd.DataFrame({"a": [3.0, 2, 1, 0, 0, 0], "b": [0.0, 1, 2, 3, 0, 0]}, genes)
    degree = pd.DataFrame(1.0, genes, ["a", "b"])
    B = dict.fromkeys(theta, csc_array(np.eye(6)))
    nets = DrugNetworks(genes, theta, degree, B, pd.DataFrame())
    found = read.common_markers(nets, 2)  # by the mean of the ranks of |theta|
    assert set(found.index) == {"G1", "G2"}
    usual = common_markers(nets, 3)
    assert readings.Reading.usual().common_markers(nets, 3).equals(usual)


def test_of_equally_good_models_the_first_is_taken_in_every_process():
    """The order of a set of texts would depend on the process."""
    from pnetlib.steps.multiverse.together import _joined

    names = ["lasso", "elastic net", "constrained", "constrained, signs", "link penalty"]
    for first in range(len(names)):
        order = names[first:] + names[:first]
        simulated = {name: ({"second": name}, {"C8"}) for name in order}
        found = _joined(None, [], simulated, {"second": "none of them"})
        assert found["reading"] == {"second": order[0]}
