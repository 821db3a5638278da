"""Figure 2: prediction error of Pro, NW.P, ELA and LA on cell lines not used in training."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold

from pnetlib.execution.engine import Engine, Work
from pnetlib.solvers.search import GRID
from pnetlib.stats.intervals import corrected_mean
from pnetlib.steps.choice import METHODS, account, choose, fit_methods, lambdas, regulators_first

BASELINES = ("drug mean", "tissue mean")
SMALL_TISSUE = 5  # a tissue with fewer training lines gets the drug mean


@dataclass(frozen=True)
class Comparison:
    """Predictions of every method for every cell line, from folds in which it was held out.

    Attributes
    ----------
    predictions : DataFrame
        Columns drug, repeat, fold, line, z, n_train and one per method and baseline.
    choices : DataFrame
        Columns drug, repeat, fold, method, the lambdas chosen in that training part, the inner
        error by which they were chosen and, after a search, its `account`.
    """

    predictions: pd.DataFrame
    choices: pd.DataFrame


def outer_folds(lines, n_folds, repeat, seed):
    """Return the fold of every cell line, the same for all drugs and methods (0..n_folds-1)."""
    folds = pd.Series(0, index=lines, dtype=int)
    split = KFold(n_folds, shuffle=True, random_state=seed + 1000 * repeat).split(lines)
    for number, (_, test) in enumerate(split):
        folds.iloc[test] = number
    return folds


def outer_parts(cohort, z, profile, folds, fold, force=()):
    """Return expression and response of the training lines and of those held out in a fold.

    Lines without a response are left out; genes are filtered on the training lines alone. Where the
    profile names regulators, these genes come first.
    """
    z = z.dropna()
    unseen = folds.loc[z.index] == fold
    train, test = z[~unseen], z[unseen]
    genes = cohort.top_genes(profile.n_genes, lines=train.index, force=force)
    genes, _ = regulators_first(genes, profile)
    return [(cohort.expression.loc[part.index, genes], part) for part in (train, test)]


def tissue_means(tissue, z, new_tissue):
    """Return the mean training response of each new line's tissue; of the drug where it is rare."""
    groups = z.groupby(tissue.loc[z.index])
    means = groups.mean()[groups.size() >= SMALL_TISSUE]
    return new_tissue.map(means).fillna(z.mean()).to_numpy(float)


def held_out(cohort, drug, profile, seed, repeat, fold, force=(), permute=False, folds=None):
    """Compute one outer fold: choose and fit on the training lines, predict the others.

    Genes are filtered and standardised, and lambdas chosen, on the training lines alone. With
    `permute` the responses are shuffled among all lines first: the control. `folds`, a Series
    by line, is drawn by `outer_folds` unless given.

    Returns
    -------
    DataFrame, DataFrame
        Rows of `Comparison.predictions` and of `Comparison.choices`.
    """
    z = cohort.response.loc[cohort.lines_for(drug), drug]
    if permute:
        z = pd.Series(np.random.default_rng([seed, repeat]).permutation(z), index=z.index)
    if folds is None:
        folds = outer_folds(cohort.expression.index, profile.outer_folds, repeat, seed)
    (X, z), (X_new, z_new) = outer_parts(cohort, z, profile, folds, fold, force)
    _, n_regulators = regulators_first(X.columns, profile)
    X, X_new = X.to_numpy(), X_new.to_numpy()
    models = fit_methods(X, z.to_numpy(), profile, seed, n_regulators)
    tissue = cohort.annotation["tissue"]
    where = {"drug": drug, "repeat": repeat, "fold": fold}
    columns = {
        "line": z_new.index,
        "z": z_new.to_numpy(),
        "n_train": len(z),
        "drug mean": DummyRegressor().fit(X, z).predict(X_new),
        "tissue mean": tissue_means(tissue.loc[z.index], z, tissue.loc[z_new.index]),
    }
    columns |= {method: model.predict(X_new) for method, model in models.items()}
    choices = [
        {**where, "method": method, **lambdas(model.best_params_)}
        | {"inner error": -model.best_score_}
        | (account(model.search_report_) if profile.search != GRID else {})
        for method, model in models.items()
    ]
    return pd.DataFrame(where | columns), pd.DataFrame(choices)


def compare(
    cohort,
    profile,
    seed,
    *,
    drugs=None,
    force=(),
    permute=False,
    n_jobs=None,
    engine=None,
    stored=None,
    advance=None,
):
    """Run the nested cross-validation of all methods for all drugs.

    Parameters
    ----------
    cohort, profile
    seed : int
        Seed of all folds.
    drugs : list of str, optional
        All of the cohort's by default.
    force : sequence of str
        Genes included whatever their variance.
    permute : bool
        Shuffle the responses first (the control; `profile.control_folds` folds of one repeat).
    n_jobs : int, optional
        Folds computed at the same time where no engine is given.
    engine, advance
        As explained in `pnetlib.steps`.
    stored : Folds, optional
        Stores each new fold; folds stored earlier are not computed again.

    Returns
    -------
    Comparison
    """
    engine = engine or Engine(threads=n_jobs or 1)
    work = outer_work(cohort, profile, seed, drugs, force, permute, stored)
    return Comparison(*concatenated(work.by(engine, advance)))


def concatenated(parts):
    """Join parts that have the same number of tables, table by table."""
    return [pd.concat(tables, ignore_index=True) for tables in zip(*parts)]


def outer_work(cohort, profile, seed, drugs=None, force=(), permute=False, stored=None):
    """Return the work of `compare`: one task per drug, repeat and fold."""
    drugs = list(cohort.response.columns) if drugs is None else drugs
    repeats = 1 if permute else profile.repeats
    folds = profile.control_folds if permute else profile.outer_folds
    tasks = [(drug, r, f) for drug in drugs for r in range(repeats) for f in range(folds)]
    content = {"profile": asdict(profile), "seed": seed, "force": list(force), "permute": permute}
    shared = (cohort, profile, seed, tuple(force), permute)
    return Work(_held_out, tasks, shared, stored and stored.of(__name__, "held_out", **content))


def _held_out(cohort, profile, seed, force, permute, drug, repeat, fold):
    return held_out(cohort, drug, profile, seed, repeat, fold, force, permute)


def fold_errors(predictions, methods=METHODS + BASELINES):
    """Return the mean squared error of each method, and the numbers of lines, per outer fold."""
    squared = predictions[list(methods)].sub(predictions["z"], axis=0) ** 2
    keys = [predictions[key] for key in ("drug", "repeat", "fold")]
    errors = squared.groupby(keys, sort=False).mean()
    errors["n_test"] = squared.groupby(keys, sort=False).size()
    errors["n_train"] = predictions["n_train"].groupby(keys, sort=False).first()
    return errors


def method_errors(errors, methods=METHODS + BASELINES):
    """Return each method's mean squared error per drug, with standard error and 95% interval."""
    rows = []
    for drug, part in errors.groupby(level="drug", sort=False):
        for method in methods:
            stats = corrected_mean(part[method], part["n_test"], part["n_train"])
            rows.append({"drug": drug, "method": method} | stats)
    return pd.DataFrame(rows)


def paired_differences(errors, reference="Pro", methods=METHODS + BASELINES):
    """Return the error of the reference minus that of each other method, paired by fold.

    Below 0 the reference is better. The last rows, drug "all", average the drugs within each fold
    first.
    """
    rows = []
    pooled = errors.groupby(level=["repeat", "fold"], sort=False).mean()
    groups = [*errors.groupby(level="drug", sort=False), ("all", pooled)]
    for drug, part in groups:
        for method in methods:
            if method != reference:
                difference = part[reference] - part[method]
                stats = corrected_mean(difference, part["n_test"], part["n_train"])
                rows.append({"drug": drug, "against": method} | stats)
    return pd.DataFrame(rows)


def search_ends(choices):
    """Return how often the choice of a search lay inside, at an end or at an edge.

    `choices` are those of a `Comparison`.

    Returns
    -------
    DataFrame
        One row per drug, method and parameter: number of ``searches``; of these, how many chose a
        value ``inside`` those looked at, at a stated ``end``, or at an ``edge``, since the budget
        was used up first; and the ``ends`` with their numbers as text.
    """
    rows = []
    for (drug, method), part in choices.groupby(["drug", "method"], sort=False):
        for column in [name for name in part if name.startswith("at ")]:
            places = part[column].dropna()
            if places.empty:
                continue
            kinds, ends = places.str.partition(": ")[0], places[places.str.startswith("end")]
            named = ends.str.removeprefix("end: ").value_counts().sort_index()
            row = {"drug": drug, "method": method, "parameter": column.removeprefix("at ")}
            row |= {"searches": len(places)}
            row |= {kind: int((kinds == kind).sum()) for kind in ("inside", "end", "edge")}
            rows.append(row | {"ends": ", ".join(f"{n} {name}" for name, n in named.items())})
    columns = ["drug", "method", "parameter", "searches", "inside", "end", "edge", "ends"]
    return pd.DataFrame(rows, columns=columns)


def places_text(ends):
    """Return the table of `search_ends` as text: methods and their parameters by drug."""

    def text(row):
        counts = [f"{row[kind]} {kind}" for kind in ("inside", "edge") if row[kind]]
        return ", ".join(counts + [row["ends"]] * bool(row["ends"]))

    table = ends.assign(place=[text(row) for row in ends.to_dict("records")])
    index = ["method", "parameter"]
    order = pd.MultiIndex.from_frame(ends[index].drop_duplicates())
    wide = table.pivot(index=index, columns="drug", values="place").reindex(order)
    return wide[list(ends["drug"].unique())]


def choose_on_all_lines(
    cohort,
    profile,
    seed,
    *,
    drugs=None,
    force=(),
    methods=METHODS,
    n_jobs=None,
    engine=None,
    stored=None,
    advance=None,
):
    """Choose every method's lambdas for each drug by cross-validation on all its lines.

    `engine`, `stored` and `advance` are as in `compare`, with drugs in place of folds.

    Returns
    -------
    dict
        Drug to method to lambdas; the networks of all lines are fitted with them.
    """
    engine = engine or Engine(threads=n_jobs or 1)
    work = choice_work(cohort, profile, seed, drugs, force, stored, methods)
    return {drug: point for (drug,), point in zip(work.tasks, work.by(engine, advance))}


def choice_work(cohort, profile, seed, drugs=None, force=(), stored=None, methods=METHODS):
    """Return the work of `choose_on_all_lines`: one task per drug."""
    tasks = [(drug,) for drug in (cohort.response.columns if drugs is None else drugs)]
    content = {"profile": asdict(profile), "seed": seed, "force": list(force)}
    if methods != METHODS:
        content["methods"] = list(methods)
    shared = (cohort, profile, seed, tuple(force), methods)
    return Work(_chosen, tasks, shared, stored and stored.of(__name__, "chosen", **content))


def _chosen(cohort, profile, seed, force, methods, drug):
    genes, n_regulators = regulators_first(cohort.top_genes(profile.n_genes, force=force), profile)
    lines = cohort.lines_for(drug)
    X, z = cohort.expression.loc[lines, genes].to_numpy(), cohort.response.loc[lines, drug]
    _, choice = choose(X, z.to_numpy(), profile, seed, methods, n_regulators)
    return {method: choice.point(method) for method in methods}


def numbers(compared, errors, differences, control, chosen, profile, force=()):
    """Return the numbers of the comparison as nested dicts, keyed by drug and method.

    ``sizes`` are those on which the folds depend: genes, folds, forced genes, regulators, search.
    """
    lines = compared.predictions.groupby("drug")["line"].nunique()
    drugs = {}
    for drug, part in errors.groupby("drug", sort=False):
        stats = part.set_index("method")[["mean", "se", "low", "high"]]
        pairs = differences[differences["drug"] == drug].set_index("against").drop(columns="drug")
        shuffled = control[control["drug"] == drug].set_index("method")["mean"]
        drugs[drug] = {
            "n": int(lines[drug]),
            "methods": stats.rename(columns={"mean": "mse"}).to_dict("index"),
            "pro_minus": pairs.to_dict("index"),
            "control_mse": shuffled.to_dict(),
            "chosen": chosen[drug],
        }
    pooled = differences[differences["drug"] == "all"].set_index("against").drop(columns="drug")
    found = {"drugs": drugs, "pro_minus_pooled": pooled.to_dict("index")}
    found["search_ends"] = search_ends(compared.choices).to_dict("records")
    return found | {"sizes": compared_sizes(profile, force)}


def compared_sizes(profile, force=()):
    """Return the sizes on which the folds of a comparison depend, as JSON stores them."""
    search = profile.search
    rule = search if search == GRID else {n: _plain(v) for n, v in asdict(search).items()}
    names = ("n_genes", "outer_folds", "inner_folds")
    sizes = {name: getattr(profile, name) for name in names}
    return sizes | {"force": list(force), "search": rule, "regulators": list(profile.regulators)}


def _plain(value):
    """Return a number of a rule as JSON stores it, which has no infinity."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if value == np.inf else value
