"""One reading of the paper, under which notebooks 01 to 05 can be run.

The default reading calls the functions of these steps as they are. Another reading takes their place
where it differs: in the data, the models and the choice of their lambdas, the rule for markers, the
groups and their networks, and the regulatory effects.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from pnetlib.errors import UsageError
from pnetlib.estimators.network import ElasticNetwork
from pnetlib.execution.engine import Engine
from pnetlib.paper.decisions import open_decisions
from pnetlib.paper.markers import MARKERS
from pnetlib.solvers.shared import standardised
from pnetlib.steps.comparison import compute as comparison
from pnetlib.steps.data.compute import forced_for
from pnetlib.steps.effects.compute import SIDES, regulatory_effects, standardise_together
from pnetlib.steps.markers.compute import common_markers, default_top
from pnetlib.steps.multiverse import groups as of_groups
from pnetlib.steps.multiverse.assemble import FIRST
from pnetlib.steps.multiverse.candidates import Grid, inner_folds, try_all
from pnetlib.steps.multiverse.data import DATA
from pnetlib.steps.multiverse.groups import SPLIT, STEPS
from pnetlib.steps.multiverse.prediction import (
    FIT,
    RANKS,
    gene_count,
    importances,
    marker_ranks,
    model_of,
)
from pnetlib.steps.networks import compute as networks

TRAINED = (*FIT[len(DATA) :], "second", "tuning")
SHOWN = (*FIT, "second", "tuning", "rank", "first", "common", *SPLIT[len(DATA) :])
SHOWN += ("estimator", "penalty", "sum", "scale")  # decisions that notebooks 01 to 05 can follow
AFTER = "chosen after seeing the results"
PRO, METHODS = "Pro", ("Pro", "NW.P", "ELA", "LA")


def read_reading(text, options):
    """Return decision to option from a text such as ``"lines=solid; size=80"``.

    Decisions that the text does not name have their default, the first of `options`.

    Raises
    ------
    UsageError
        If a decision or an option is unknown, or not there in these data.
    """
    found = {name: names[0] for name, names in options.items()}
    for word in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, option = (part.strip() for part in word.partition("="))
        if name not in SHOWN and name in options:
            raise UsageError(
                f"reading: {name} is a decision that notebooks 01 to 05 do not have; decisions are "
                f"{', '.join(SHOWN)}."
            )
        if name not in options or not equals:
            raise UsageError(
                f"reading: {word!r} is no decision with an option, such as lines=solid; decisions are "
                f"{', '.join(SHOWN)}."
            )
        if option not in options[name]:
            known = option in open_decisions()[name].names
            reason = "is not there in these data" if known else "is none of its options"
            raise UsageError(
                f"reading: {name} is {option!r}, which {reason}; choose {', '.join(options[name])}."
            )
        found[name] = option
    return found


def text_of(reading, default, shown=SHOWN):
    """Return the text that `read_reading` reads: the decisions that differ from the default."""
    return "; ".join(f"{name}={reading[name]}" for name in shown if reading[name] != default[name])


@dataclass(frozen=True)
class Reading:
    """A reading, as notebooks 01 to 05 follow it.

    Attributes
    ----------
    options, default : dict
        Decision to option.
    units : dict
        Drug to the standard deviation of its raw response.
    tfs : tuple of str
        Transcription factors.
    grid : Grid or None
        Points that the models try where they differ from the default.
    """

    options: dict
    default: dict
    units: dict
    tfs: tuple = ()
    grid: Grid | None = None

    @classmethod
    def usual(cls):
        """Return the default reading, which calls the steps as they are."""
        return cls({}, {}, {})

    def differs(self, *decisions):
        """Return whether the reading differs from the default in any of some decisions."""
        return any(self.options.get(name) != self.default.get(name) for name in decisions)

    def sentence(self):
        """Say which reading this is."""
        changed = text_of(self.options, self.default) if self.options else ""
        return (
            f"Reading: {changed}. If it was {AFTER}, its agreement with the paper is no evidence."
            if changed
            else "Default reading."
        )

    # Data and genes

    def sizes(self, profile, cohort):
        """Return the profile with the genes and the group size of the reading."""
        if not self.options:
            return profile
        count = gene_count(self.options["genes"], profile.n_genes, cohort.expression.shape[1])
        return replace(profile, n_genes=count, group_size=int(self.options["size"]))

    def force(self, cohort, text):
        """Return the genes that enter whatever their variance: those named in a text, and the reading's."""
        force = forced_for(cohort, text)
        if self.options.get("genes") != "markers forced":
            return force
        known = [gene for gene in MARKERS if gene in cohort.expression.columns]
        return tuple(dict.fromkeys((*force, *known)))

    # Prediction

    def compare(self, cohort, profile, seed, *, force=(), permute=False, **options):
        """Return the `Comparison` of notebook 02 under the reading."""
        if not self.differs(*TRAINED):
            return comparison.compare(
                cohort, profile, seed, force=force, permute=permute, **options
            )
        folds = profile.control_folds if permute else profile.outer_folds
        repeats = 1 if permute else profile.repeats
        tasks = [(d, r, f) for d in cohort.response for r in range(repeats) for f in range(folds)]
        shared = (self, cohort, profile, seed, tuple(force), permute)
        engine = options.get("engine") or Engine(threads=1)
        parts = engine.map(_held_out, tasks, shared, advance=options.get("advance"))
        return comparison.Comparison(*comparison.concatenated(parts))

    def choose_on_all_lines(self, cohort, profile, seed, *, force=(), **options):
        """Return the lambdas of every method on all lines of each drug, with what else Pro needs."""
        if not self.differs(*TRAINED):
            return comparison.choose_on_all_lines(cohort, profile, seed, force=force, **options)
        tasks = [(drug,) for drug in cohort.response]
        shared = (self, cohort, profile, seed, tuple(force))
        engine = options.get("engine") or Engine(threads=1)
        found = engine.map(_chosen, tasks, shared, advance=options.get("advance"))
        return dict(zip(cohort.response, found))

    def trained(self, X, z, X_new, drug, seed):
        """Return method to (point, inner error, predictions of X_new) under the rule of the reading.

        X and X_new are tables; genes that may regulate come first.
        """
        unit, n_regulators = self.unit_of(drug, z), None
        if self.options["regulators"] == "TFs":
            n_regulators = int(X.columns.isin(self.tfs).sum()) or None
        model, y = model_of(self.options, n_regulators), np.asarray(z) * unit
        names = dict(zip(METHODS, (PRO, f"NW.P, {self.options['second']}", "ELA", "LA")))
        folds = inner_folds(len(y), self.grid, seed)
        data = X.to_numpy(), y, X_new.to_numpy(), folds, model, self.grid
        tried = try_all(*data, methods=tuple(names.values()))
        found = {}
        for method, name in names.items():
            own = tried[name]
            index = own.choices(y, folds)[self.options["tuning"]]
            error = float(own.fold_errors(y, folds).mean(axis=0)[index]) / unit**2
            found[method] = own.points[index], error, own.new[:, index] / unit
        return found

    def unit_of(self, drug, z):
        """Return the factor that puts a response into raw units where the reading does so."""
        unit = self.units.get(drug)
        if self.options["prediction"] != "raw" or not unit or not np.isfinite(unit):
            return 1.0
        return float(unit) / float(np.std(z))

    def ordered(self, genes):
        """Return genes with those that may regulate first."""
        if self.options["regulators"] != "TFs":
            return genes
        allowed = genes.isin(self.tfs)
        return genes[allowed].append(genes[~allowed])

    def allowed(self, regulators, genes):
        """Return the genes that may regulate in the networks of notebook 03."""
        if self.options.get("regulators") != "TFs":
            return regulators
        return tuple(gene for gene in genes if gene in self.tfs)

    # Markers

    def top(self, drug_networks, top=0):
        """Return how many genes count as markers of a drug."""
        if top or not self.options:
            return top or default_top(drug_networks)
        return FIRST[self.options["first"]] or default_top(drug_networks)

    def common_markers(self, drug_networks, top):
        """Return the table of notebook 03's common markers under the rule of the reading."""
        if not self.differs("rank", "common"):
            return common_markers(drug_networks, top)
        place = self.places(drug_networks)
        tables = {"every drug": place.max(axis=1), "one drug": place.min(axis=1)}
        tables["mean rank"] = place.mean(axis=1).rank(method="min")
        worst = tables[self.options["common"]]
        table = pd.DataFrame({"worst rank": worst})
        table["mean |theta|"] = drug_networks.theta.abs().mean(axis=1)
        table["mean degree"] = drug_networks.degree.mean(axis=1)
        table = table.join(place.add_prefix("rank "))[worst <= top]
        return table.sort_values("worst rank", kind="stable")

    def places(self, drug_networks):
        """Return the rank of every gene per drug; a gene without effect comes after all others."""
        kind, columns = RANKS.index(self.options["rank"]), {}
        for drug, theta in drug_networks.theta.items():
            u = drug_networks.B[drug] @ theta.to_numpy()
            every = importances(u, theta.to_numpy(), drug_networks.degree[drug].to_numpy())
            columns[drug] = marker_ranks(every)[kind]
        last = len(drug_networks.genes) + 1.0
        return pd.DataFrame(columns, drug_networks.genes).fillna(last)

    # Groups

    def split_groups(self, cohort, size, rule="extreme"):
        """Return the `Groups` of notebook 04 under the rule of the reading, or another one."""
        return networks.split_groups(cohort, size, rule=self.options.get("groups", rule))

    def network_genes(self, cohort, drug_networks, n_neighbours, top, n_jobs=None):
        """Return the markers and the genes of the groups' networks."""
        found = networks.network_genes(cohort, drug_networks, n_neighbours, top, n_jobs=n_jobs)
        if self.options.get("network genes") != of_groups.WHOLE:
            return found
        return found[0], pd.Index(dict.fromkeys([*found[0], *drug_networks.genes]))

    def group_networks(self, cohort, groups, genes, lam1, seed, n_jobs=None):
        """Return the networks of both groups; `lam1` is that of smallest held-out error."""
        if not self.differs("estimator", "penalty"):
            return networks.fit_group_networks(cohort, groups, genes, lam1, n_jobs)
        estimator, penalty = self.options["estimator"], self.options["penalty"]
        X = np.ascontiguousarray(cohort.expression[genes].to_numpy())
        values = cohort.response.to_numpy()
        split = of_groups.Split(X, values, self.options["groups"], len(groups.lines["ST"]), genes)
        rows = split.groups(np.arange(len(X)))
        chosen = of_groups.choose_penalties(split, rows, cohort, seed)
        pair = dict(of_groups.networks(split, rows, chosen))[estimator, penalty]
        return {g: estimated(B, lam1, genes) for g, B in zip(networks.GROUPS, pair)}

    def first_draw(self, drawn, genes, edges, lam1):
        """Return the draws of notebook 04; under another reading there is one, with its networks."""
        if not self.differs("estimator", "penalty", "groups", "network genes"):
            return drawn
        return [replace(drawn[0], genes=list(genes), edges=edges, lam1=lam1)]

    # Effects

    def regulatory_effects(self, pair, cohort, groups, genes, markers):
        """Return the table of notebook 05's effects under the sum and the scale of the reading."""
        if not self.differs("sum", "scale"):
            X = standardise_together(cohort, groups, genes)
            return regulatory_effects(pair, X, groups, markers)
        both = groups.lines["ST"].append(groups.lines["RS"])
        values = cohort.expression[genes]
        scales = {
            "both groups": pd.DataFrame(standardised(values.loc[both].to_numpy()), both, genes),
            "all lines": pd.DataFrame(standardised(values.to_numpy()), values.index, genes),
            "raw": values,
        }
        X, rows = scales[self.options["scale"]], []
        for group, lines in groups.lines.items():
            B = np.asarray(pair[group])
            for length in range(1, len(STEPS) + 1):
                for marker in markers:
                    effects = self._effects(
                        X.loc[lines].to_numpy(), B, genes.get_loc(marker), length
                    )
                    for side, effect in zip(SIDES, effects):
                        row = {"line": lines, "group": group, "marker": marker, "side": side}
                        rows.append(pd.DataFrame(row | {"length": length, "effect": effect}))
        return pd.concat(rows, ignore_index=True)

    def _effects(self, X, B, marker, length):
        """Return a marker's effect on its targets, and that of its regulators, in every line (n,)."""
        out, into = of_groups.strengths(B, np.array([marker]))[length - 1]
        kind = self.options["sum"]
        if kind == "signed":
            return np.abs(X[:, marker] * out.sum()), np.abs(X @ into[:, 0])
        ahead = np.abs(X[:, marker]) * np.abs(out).sum()
        behind = np.abs(X) @ np.abs(into[:, 0])
        if kind == "mean":
            ahead = ahead / max(np.count_nonzero(out), 1)
            behind = behind / max(np.count_nonzero(into), 1)
        return ahead, behind


def estimated(B, lam1, genes):
    """Return an `ElasticNetwork` with a network (p, p) that was estimated elsewhere."""
    model = ElasticNetwork(lam1)
    model.B_, model.n_features_in_ = csc_array(B), len(genes)
    model.feature_names_in_ = np.asarray(genes, dtype=object)
    return model


def _held_out(read, cohort, profile, seed, force, permute, drug, repeat, fold):
    """Return the rows of `Comparison` of one outer fold under a reading."""
    z = cohort.response.loc[cohort.lines_for(drug), drug]
    if permute:
        z = pd.Series(np.random.default_rng([seed, repeat]).permutation(z), index=z.index)
    lines = cohort.expression.index
    folds = comparison.outer_folds(lines, profile.outer_folds, repeat, seed)
    unseen = folds.loc[z.index] == fold
    train, test = z[~unseen], z[unseen]
    genes = read.ordered(cohort.top_genes(profile.n_genes, lines=train.index, force=force))
    X, X_new = (cohort.expression.loc[part.index, genes] for part in (train, test))
    found = read.trained(X, train, X_new, drug, seed)
    where, tissue = {"drug": drug, "repeat": repeat, "fold": fold}, cohort.annotation["tissue"]
    tissues = comparison.tissue_means(tissue.loc[train.index], train, tissue.loc[test.index])
    columns = {"line": test.index, "z": test.to_numpy(), "n_train": len(train)}
    columns |= {"drug mean": float(train.mean()), "tissue mean": tissues}
    columns |= {method: predicted for method, (_, _, predicted) in found.items()}
    choices = [
        {**where, "method": method, **comparison.lambdas(point), "inner error": error}
        for method, (point, error, _) in found.items()
    ]
    return pd.DataFrame(where | columns), pd.DataFrame(choices)


def _chosen(read, cohort, profile, seed, force, drug):
    """Return method to lambdas on all lines of a drug; those of Pro with its model's options."""
    z = cohort.response.loc[cohort.lines_for(drug), drug]
    genes = read.ordered(cohort.top_genes(profile.n_genes, force=force))
    X = cohort.expression.loc[z.index, genes]
    found = read.trained(X, z, X.iloc[:1], drug, seed)
    chosen = {method: comparison.lambdas(point) for method, (point, _, _) in found.items()}
    unit = read.unit_of(drug, z)
    pro = chosen[PRO]
    pro["lam3"], pro["lam4"] = unit * pro["lam3"], unit**2 * pro["lam4"]
    degree = "d" if read.options["degree"] == "degree" else "sqrt"
    sign = "fixed" if read.options["signs"] == "initial" else "current"
    pro |= {"degree": degree, "sign": sign, "coupling": read.options["coupling"]}
    chosen[PRO] = pro | {"response_weight": unit**2}
    return chosen


def plain(read):
    """Return what `of_plain` makes the reading from, as JSON can store it."""
    grid = None if read.grid is None else vars(read.grid)
    own = {"options": read.options, "default": read.default, "units": read.units}
    return own | {"tfs": list(read.tfs), "grid": grid, "sentence": read.sentence()}


def of_plain(stored):
    """Return the `Reading` of what `plain` stored; the default reading of None."""
    if stored is None or not stored["options"]:
        return Reading.usual()
    grid = {n: tuple(v) if isinstance(v, list) else v for n, v in stored["grid"].items()}
    units = {drug: float("nan") if unit is None else unit for drug, unit in stored["units"].items()}
    return Reading(stored["options"], stored["default"], units, tuple(stored["tfs"]), Grid(**grid))
