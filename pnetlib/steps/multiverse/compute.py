"""Every claim of the paper under every reading of it: which readings, their fits, their curves.

Which readings are computed follows from the table of decisions (``pnetlib/paper/decisions.csv``), the
data and the sizes of the profile. Of the splits of the lines, of the fits and of the designs, a subset is
taken in which every pair of options occurs about equally often (`stats.specifications.balanced_subset`);
all that follows from them without another fit is computed in full. What readings share is computed once.
"""

from dataclasses import dataclass

from pnetlib.execution.engine import Engine, Work
from pnetlib.stats.specifications import balanced_subset
from pnetlib.steps.multiverse.assemble import (
    gains,
    group_curves,
    marker_curve,
    prediction_curves,
    sign_draws,
    simulation_curve,
    stacked,
)
from pnetlib.steps.multiverse.candidates import Grid
from pnetlib.steps.multiverse.curves import OPTIMISTIC, summarise, test_of, without_optimistic
from pnetlib.steps.multiverse.data import exchange_keys
from pnetlib.steps.multiverse.groups import SPLIT, WHOLE, split_work
from pnetlib.steps.multiverse.prediction import FIT, Task, content_of, held_out, marker_fits
from pnetlib.steps.multiverse.simulation import DESIGN, GRID, samples_of, select
from pnetlib.steps.multiverse.together import most_together

GROUP_CLAIMS = ("C4", "C5a", "C5b", "C6a", "C6b", "C7a", "C7b")
ORDER = ("C1", "C2a", "C2b", "C2c", "C3", *GROUP_CLAIMS, "C8")


@dataclass(frozen=True)
class Plan:
    """The readings of a run.

    Attributes
    ----------
    splits, wide : list of tuple
        Options of `SPLIT`, with networks of the markers' neighbours and of all genes.
    fits : list of tuple
        Options of `FIT`.
    designs : list of tuple
        Options of `DESIGN`.
    drugs : list of str
    """

    splits: list
    wide: list
    fits: list
    designs: list
    drugs: list


def plan_readings(material, sizes, seed):
    """Return the `Plan` of the readings that these data allow."""
    options = material.options()
    drugs = list(material.cohort.response.columns)
    narrow = options | {"network genes": options["network genes"][:1]}
    wide = options | {"network genes": [WHOLE]}
    return Plan(
        chosen(SPLIT, narrow, sizes.splits, seed),
        chosen(SPLIT, wide, sizes.wide_splits, seed + 1),
        chosen(FIT, options, sizes.fits, seed + 2),
        chosen(DESIGN, options, sizes.designs, seed + 3),
        drugs,
    )


def chosen(decisions, options, size, seed):
    """Return at most `size` readings of some decisions as tuples of options, the default first."""
    levels = [len(options[name]) for name in decisions]
    rows = balanced_subset(levels, size, seed)
    return [tuple(options[name][k] for name, k in zip(decisions, row)) for row in rows]


@dataclass(frozen=True)
class Multiverse:
    """Everything that step 15 computes, with what it needs.

    Parameters
    ----------
    material : Material
    sizes : MultiverseSizes
    simulation : SimulationSizes
        Of step 06, whose data sets are drawn.
    n_genes, n_neighbours : int
        Of the default reading.
    network_genes : Index
        Genes of the networks of notebook 04.
    seed : int
    """

    material: object
    sizes: object
    simulation: object
    n_genes: int
    n_neighbours: int
    network_genes: object
    seed: int

    @property
    def plan(self):
        """The readings that are computed."""
        return plan_readings(self.material, self.sizes, self.seed)

    @property
    def task(self):
        """What the fits share."""
        s = self.sizes
        grid = Grid(s.lam1, s.lam3, s.lam4, s.ratios, s.inner_folds)
        return Task(self.material, grid, self.seed, self.n_genes)

    @property
    def keys(self):
        """Keys of all exchanges of responses."""
        s = self.sizes
        most = max(s.draws, s.exchanges, s.marker_draws)
        return exchange_keys(self.material.cohort, most, self.seed)

    def works(self, stored=None):
        """Return name to the work of each part: splits, wide splits, fits, markers and data sets.

        `stored` has the results of earlier runs.
        """
        plan, task, keys, s = self.plan, self.task, self.keys, self.sizes
        of_fits = content_of(task) | {"material": self.material.digest}
        of_splits = {"seed": self.seed, "material": self.material.digest}
        of_splits |= {"n_genes": self.n_genes, "neighbours": self.n_neighbours}
        of_splits |= {"genes": list(self.network_genes)}
        shared = (self.n_neighbours, self.n_genes, self.network_genes, self.seed)
        module = "pnetlib.steps.multiverse"
        folds = [
            (fit, drug, fold)
            for fit in plan.fits
            for drug in plan.drugs
            for fold in range(s.outer_folds)
        ]
        exchanged = [
            (fit, drug, 0, number)
            for number in range(s.exchanges)
            for fit in plan.fits[: s.exchanged_fits]
            for drug in plan.drugs
        ]
        markers = [(fit, drug) for fit in plan.fits[: s.marker_fits] for drug in plan.drugs]
        data_sets = [(d, number) for d in plan.designs for number in range(s.data_sets)]
        samples = samples_of(self.simulation)
        found = {}
        own = stored and stored.of(f"{module}.groups", "split", **of_splits, draws=s.draws)
        common = (self.material, keys.iloc[:, : s.draws], *shared)
        splits = [(split,) for split in (*plan.splits, *plan.wide)]
        found["splits"] = Work(split_work, splits, common, own)
        own = stored and stored.of(f"{module}.prediction", "held out", **of_fits)
        found["fits"] = Work(held_out, folds, (task,), own)
        own = stored and stored.of(f"{module}.prediction", "exchanged", **of_fits)
        found["exchanged fits"] = Work(held_out_exchanged, exchanged, (task, keys), own)
        own = stored and stored.of(
            f"{module}.prediction", "markers", **of_fits, draws=s.marker_draws
        )
        common = (task, keys.iloc[:, : s.marker_draws])
        found["markers"] = Work(marker_fits, markers, common, own)
        content = {"samples": vars(samples), "seed": self.seed, "grid": vars(GRID)}
        own = stored and stored.of(f"{module}.simulation", "select", **content)
        found["data sets"] = Work(select, data_sets, (samples, self.seed), own)
        return found

    def curves(self, results):
        """Return claim to `Curve` from the results of `works`, by name and task."""
        plan, task, s = self.plan, self.task, self.sizes
        curves = group_curves({split: found for (split,), found in results["splits"].items()})
        readings, lines = gains(results["fits"], task, plan.fits, plan.drugs, s.outer_folds)
        n = len(self.material.cohort.expression)
        curves |= prediction_curves(readings, lines, sign_draws(n, s.flips, self.seed))
        curves |= marker_curve(results["markers"], plan.fits[: s.marker_fits], plan.drugs)
        of_data = (results["data sets"], plan.designs, s.data_sets, s.flips, self.seed)
        curves |= simulation_curve(*of_data)
        return {claim: curves[claim] for claim in ORDER if claim in curves}

    def exchanged_curves(self, results):
        """Return claim to `Curve` of C1 and C2 whose draws are exchanges of the responses.

        They have fewer readings, on the first outer fold, since every exchange costs as much as the
        observed responses.
        """
        plan, s, keys = self.plan, self.sizes, self.keys
        fits = plan.fits[: s.exchanged_fits]
        observed = {
            (fit, drug, 0): results["fits"][fit, drug, 0] for fit in fits for drug in plan.drugs
        }
        found = [prediction_curves(*gains(observed, self.task, fits, plan.drugs, 1))]
        for number in range(s.exchanges):
            drawn = {
                (fit, drug, 0): results["exchanged fits"][fit, drug, 0, number]
                for fit in fits
                for drug in plan.drugs
            }
            again = gains(drawn, self.task, fits, plan.drugs, 1, keys[number])
            found.append(prediction_curves(*again))
        return {claim: stacked([curves[claim] for curves in found]) for claim in found[0]}


def held_out_exchanged(task, keys, fit, drug, fold, number):
    """Return `prediction.held_out` with the responses of one exchange."""
    return held_out(task, fit, drug, fold, keys[number])


def run_works(works, engine=None, advance=None):
    """Compute all `works` and return name to task to result; `advance` is called per task."""
    engine = engine or Engine(threads=1)
    return {name: dict(zip(work.tasks, work.by(engine, advance))) for name, work in works.items()}


def count_tasks(works):
    """Return the number of tasks of all works."""
    return sum(len(work.tasks) for work in works.values())


def numbers(curves, exchanged, default):
    """Return what all curves say, and the single reading under which most claims agree and hold."""
    honest = {claim: without_optimistic(curve) for claim, curve in curves.items()}
    found = {claim: summarise(curve, default) for claim, curve in honest.items()}
    for claim, curve in exchanged.items():
        found[claim]["exchanged"] = vars(test_of(without_optimistic(curve)))
        optimistic = curves[claim].readings["reported"].isin(OPTIMISTIC).to_numpy()
        shares = {name: getattr(curves[claim], name)[optimistic] for name in ("agrees", "holds")}
        found[claim]["optimistic"] = {name: float(v.mean()) for name, v in shares.items()}
    together = {name: most_together(honest, default, name) for name in ("agrees", "holds")}
    return {"claims": found, "together": together, "default": default}
