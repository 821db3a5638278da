"""How large each step is in each profile: genes, folds, searches, replicates, permutations.

Every number here is this project's choice. Each step has one lookup by the name of the profile:
`profile_named` (01-05), `simulation_sizes` (06), `lambdas_sizes` (07), `stability_sizes` (08),
`differences_sizes` (09), `drugs_sizes` (10), `screens_draws` (12, 13), `regulons_sizes` (14) and
`multiverse_sizes` (15).
"""

from dataclasses import dataclass, fields, replace

from pnetlib.errors import UsageError
from pnetlib.solvers.search import GRID, SearchRule, read_rule
from pnetlib.steps.simulation.designs import GRAPHS, SCENARIOS


class _Shown:
    """Shows sizes in a notebook as a table of names and values."""

    def _repr_markdown_(self):
        rows = (f"| `{name}` | {text} |" for name, text in self._texts().items())
        return "\n".join(("| Size | Value |", "|:--|:--|", *rows))

    def _texts(self):
        texts = {}
        for field in fields(self):
            value = getattr(self, field.name)
            texts |= value._texts() if isinstance(value, _Shown) else {field.name: _text(value)}
        return texts


def _text(value):
    """Return a size as text; factors and other numbers with few digits."""
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)


@dataclass(frozen=True)
class Profile(_Shown):
    """Sizes of the comparison and of the networks (steps 01 to 05).

    Attributes
    ----------
    n_genes : int
        Genes of largest variance that enter (976 in the paper).
    outer_folds, repeats, inner_folds : int
        Nested cross-validation: outer folds, on which the error is reported; how often the outer
        folds are drawn; and inner folds within each training part, on which lambdas are chosen.
    lam1, lam3 : tuple of float
        Grids, as fractions of the smallest lambda without edges, and without effects.
    lam4 : tuple of float
        Grid of the link penalty.
    ratios : tuple of float
        Shares of the L1 penalty on the grid of ELA; LA has the share 1.
    search : "grid" or SearchRule
        How lambdas are chosen: on the grids, or by a search that does not use them.
    control_folds : int
        Outer folds of the control with permuted responses.
    group_size : int
        Number of sensitive cell lines, and of resistant ones (95 in the paper).
    n_neighbours : int
        Genes in addition to the markers in the group networks.
    regulators : tuple of str
        Genes that may regulate in the networks of Pro and NW.P; all if empty.
    """

    n_genes: int
    outer_folds: int
    repeats: int
    inner_folds: int
    lam1: tuple
    lam3: tuple
    lam4: tuple
    ratios: tuple
    control_folds: int
    group_size: int
    n_neighbours: int
    search: str | SearchRule
    regulators: tuple = ()

    @property
    def points(self):
        """Number of grid points of Pro, and of every other method."""
        return len(self.lam1) * len(self.lam3) * len(self.lam4)

    def _texts(self):
        texts = super()._texts()
        texts["regulators"] = f"{len(self.regulators)} genes" if self.regulators else "all genes"
        texts = {name: text for name, text in texts.items() if name not in GROUPS_ONLY}
        if self.search == GRID:
            return texts
        rule = {
            f"search: {f.name}": _text(getattr(self.search, f.name)) for f in fields(SearchRule)
        }
        return {name: text for name, text in texts.items() if name not in (*GRIDS, "search")} | rule


GRIDS = ("lam1", "lam3", "lam4", "ratios")
GROUPS_ONLY = ("group_size", "n_neighbours")  # notebook 04 fits these to the cohort and shows them


STANDARD = Profile(
    n_genes=976,
    outer_folds=5,
    repeats=1,
    inner_folds=3,
    lam1=(0.08, 0.04),
    lam3=(0.5, 0.25, 0.12, 0.06, 0.03),
    lam4=(0.0, 0.1, 1.0),
    ratios=(0.2, 0.5, 0.9),
    control_folds=1,
    group_size=95,
    n_neighbours=30,
    search=SearchRule(budget=24, densest=0.15),
)
SMOKE = Profile(
    n_genes=80,
    outer_folds=3,
    repeats=1,
    inner_folds=2,
    lam1=(0.2, 0.1),
    lam3=(0.4, 0.15, 0.05),
    lam4=(0.0, 0.3),
    ratios=(0.3, 0.8),
    control_folds=3,
    group_size=30,
    n_neighbours=12,
    search=SearchRule(budget=40),
)
PAPER = replace(
    STANDARD,
    repeats=5,
    inner_folds=5,
    lam1=(0.1, 0.05, 0.025),
    lam3=(0.5, 0.3, 0.18, 0.1, 0.06, 0.03),
    lam4=(0.0, 0.03, 0.3, 3.0),
    ratios=(0.1, 0.3, 0.5, 0.9),
    control_folds=2,
    search=SearchRule(),
)
PROFILES = {"smoke": SMOKE, "standard": STANDARD, "paper": PAPER}


def profile_named(name):
    """Return the `Profile` of that name."""
    return _named(PROFILES, name)


def with_repeats(profile, repeats):
    """Return the profile with its outer folds drawn `repeats` times; 0 leaves them as they are.

    Raises `UsageError` if `repeats` is negative.
    """
    if repeats < 0:
        raise UsageError(f"repeats is {repeats}, but must be at least 1 (0: the profile's).")
    return replace(profile, repeats=repeats) if repeats else profile


def with_search(profile, search):
    """Return the profile with another ``search``: "" (the profile's) or a text for `read_rule`.

    Raises `UsageError` if the text is something else.
    """
    return replace(profile, search=read_rule(search)) if search else profile


def compared_profile(
    name, n_genes=0, fraction=0.0, cohort=None, search="", repeats=0, regulators=()
):
    """Return the sizes of step 02: those of a profile, with others where they are given."""
    profile = with_genes(with_repeats(profile_named(name), repeats), n_genes, fraction, cohort)
    return replace(with_search(profile, search), regulators=tuple(regulators))


def small(profile):
    """Return the profile's genes and groups with the folds and grids of the smoke profile."""
    sizes = {name: getattr(profile, name) for name in ("n_genes", "group_size", "n_neighbours")}
    return replace(SMOKE, search=GRID, **sizes)


def with_genes(profile, n_genes, fraction=0.0, cohort=None):
    """Return the profile with another number of genes; 0 leaves it as it is.

    A `fraction` of the genes of the cohort may be given instead of `n_genes`. Without either, the
    profile is taken as far as the cohort has genes and lines (`within`). Raises `UsageError` if
    both are given, or the fraction is not between 0 and 1.
    """
    if n_genes and fraction:
        raise UsageError("n_genes and gene_fraction are both given; give one of them.")
    if not 0.0 <= fraction <= 1.0:
        raise UsageError(f"gene_fraction is {fraction}, but must be between 0 and 1.")
    if fraction:
        n_genes = max(1, round(fraction * cohort.expression.shape[1]))
    if cohort is not None:
        profile = within(profile, cohort)
    return replace(profile, n_genes=n_genes) if n_genes else profile


def within(profile, cohort):
    """Return the profile with no more genes than a cohort has, and no larger groups than it allows.

    Groups have at most a third of the cell lines measured with all drugs.
    """
    genes = min(profile.n_genes, cohort.expression.shape[1])
    size = min(profile.group_size, max(1, len(cohort.complete_lines()) // 3))
    return replace(profile, n_genes=genes, group_size=size)


# Steps 04 and 05 ------------------------------------------------------------------------------


TUNING_DRAWS = {"smoke": 2, "standard": 2, "paper": 5}


def tuning_draws(profile, draws=0):
    """Return how often the folds that choose lambdas are drawn, or another number if given.

    The first draw is that of notebook 02. Raises `UsageError` if `draws` is negative.
    """
    if draws < 0:
        raise UsageError(f"draws is {draws}, but must be at least 1 (0: the profile's).")
    return draws or _named(TUNING_DRAWS, profile)


# Step 06 ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SimulationSizes(_Shown):
    """Sizes of the simulation study.

    Attributes
    ----------
    modules : int
        Number of transcription factors (TFs); Li and Li have 200.
    n_train, n_test : int
        Samples on which lambdas are chosen and models fitted, and new samples (100 and 100 in Li
        and Li).
    replicates, graph_replicates, ablation_replicates : int
        Data sets per cell of the table, of the other networks, and of the ablation.
    graphs : tuple of str
        Networks compared.
    ablation_scenarios : tuple of int
        Scenarios of the ablation.
    tuning : Profile
        Inner folds, and how lambdas are chosen; its other sizes are not used.
    """

    modules: int
    n_train: int
    n_test: int
    replicates: int
    graph_replicates: int
    ablation_replicates: int
    graphs: tuple
    ablation_scenarios: tuple
    tuning: Profile

    def _texts(self):
        used = {"inner_folds", "search", *GRIDS}
        unused = {field.name for field in fields(self.tuning)} - used
        texts = {name: text for name, text in super()._texts().items() if name not in unused}
        grids = {name: _text(getattr(self.tuning, name)) for name in GRIDS}
        return texts | {f"{name} (components)": text for name, text in grids.items()}


# The grids of the components follow the minima of cross-validation in trial data sets of another
# seed, not what was selected there: sparser networks than on the real cohort, smaller lam3. A
# search of 120 points takes twice as long as one of 60, and 20 times as long as these grids.
_GRIDS = {"lam3": (0.1, 0.03), "lam4": (0.0, 0.03, 0.3), "ratios": (0.2, 0.5, 0.8)}
_SIMULATION = SimulationSizes(
    modules=20,
    n_train=100,
    n_test=100,
    replicates=3,
    graph_replicates=2,
    ablation_replicates=1,
    graphs=GRAPHS,
    ablation_scenarios=SCENARIOS,
    tuning=replace(STANDARD, n_genes=220, lam1=(0.4, 0.2), search=SearchRule(budget=20), **_GRIDS),
)
_FINER = {"lam1": (0.6, 0.4, 0.2), "lam3": (0.1, 0.03, 0.01)}
SIMULATION = {
    "smoke": SimulationSizes(
        modules=12,
        n_train=60,
        n_test=60,
        replicates=2,
        graph_replicates=2,
        ablation_replicates=2,
        graphs=("TF hub", "hub"),
        ablation_scenarios=(1,),
        tuning=replace(SMOKE, n_genes=132, lam1=(0.4,), lam3=(0.1, 0.03), lam4=(0.0, 0.1)),
    ),
    "standard": _SIMULATION,
    "paper": replace(
        _SIMULATION,
        replicates=50,
        graph_replicates=10,
        ablation_replicates=6,
        tuning=replace(_SIMULATION.tuning, search=SearchRule(budget=60), **_FINER),
    ),
}


def simulation_sizes(profile, replicates=0, search=""):
    """Return the sizes of the simulation study, with other replicates or search if given.

    Raises `UsageError` if the profile is unknown, the search is, or there are too few replicates
    for an interval.
    """
    sizes = _named(SIMULATION, profile)
    sizes = replace(sizes, tuning=with_search(sizes.tuning, search))
    if replicates == 0:
        return sizes
    if replicates < 2:
        raise UsageError(
            f"replicates is {replicates}, but an interval needs at least 2 (0: the profile's)."
        )
    return replace(sizes, replicates=replicates)


# Step 07: a grid in all profiles, since the rules need every product of its values, with fewer
# points than that of step 02, since every rule refits them all ------------------------------


LAMBDAS = {
    "smoke": replace(SMOKE, search=GRID),
    "standard": replace(
        STANDARD, repeats=1, lam1=(0.06,), lam3=(0.4, 0.15, 0.05), lam4=(0.0, 0.3), search=GRID
    ),
    "paper": replace(STANDARD, repeats=1, lam4=(0.0, 0.1, 1.0), search=GRID),
}


def lambdas_sizes(profile, n_genes=0, fraction=0.0, cohort=None):
    """Return the folds and grids of the comparison of rules, with other genes if given."""
    return with_genes(_named(LAMBDAS, profile), n_genes, fraction, cohort)


def grid_beside(profile):
    """Return one repeat of a profile on grids, of at most as many points as the standard ones."""
    grids = {name: getattr(STANDARD, name) for name in GRIDS}
    few = profile.points <= STANDARD.points
    return replace(profile, repeats=1, search=GRID, **{} if few else grids)


TOLERANCE_DRUGS = {"smoke": 4, "standard": 1, "paper": 4}


def tolerance_drugs(profile):
    """Return for how many drugs the first outer part is fitted anew with tight tolerances."""
    return _named(TOLERANCE_DRUGS, profile)


# Step 08 ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StabilitySizes(_Shown):
    """Sizes of the subsampling.

    Attributes
    ----------
    widths : tuple of int
        Numbers of genes of largest variance that enter; 0 means all genes.
    pairs : tuple of int
        Complementary pairs of halves drawn at each width.
    edge_pairs : int
        Pairs drawn for the group networks.
    """

    widths: tuple
    pairs: tuple
    edge_pairs: int


STABILITY = {
    "smoke": StabilitySizes(widths=(40, 80), pairs=(4, 3), edge_pairs=20),
    "standard": StabilitySizes(widths=(976, 1500), pairs=(4, 1), edge_pairs=500),
    # All genes are left out: a pair takes 20 times as long as at 1,500 genes.
    "paper": StabilitySizes(widths=(976, 1500), pairs=(50, 50), edge_pairs=2000),
}


def stability_sizes(profile, edge_pairs=0):
    """Return the sizes of the subsampling, with another number of pairs for edges if given."""
    sizes = _named(STABILITY, profile)
    return replace(sizes, edge_pairs=edge_pairs or sizes.edge_pairs)


# Step 09 ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DifferencesSizes(_Shown):
    """Sizes of the tests between both groups.

    Attributes
    ----------
    permutations, resamples : int
        Permutations of the labels within tissues, and resamples of each interval. An edge alone
        can reach a false discovery rate of 5% only if the permutations outnumber the ordered
        pairs of genes 20 times: 31,200 for 40 genes.
    group_sizes : tuple of int
        Cell lines per group in the sensitivity analysis.
    group_resamples : int
        Resamples for each of these sizes.
    further_permutations : int
        Permutations of each other test: labels exchanged regardless of tissue, the paper's edge
        in each setting of the sensitivity analysis, and the regulators of a marker in one group.
    """

    permutations: int
    resamples: int
    group_sizes: tuple
    group_resamples: int
    further_permutations: int

    @property
    def pairs(self):
        """Number of pairs of networks that the tests and intervals need."""
        return self.permutations + self.further_permutations + self.resamples


DIFFERENCES = {
    "smoke": DifferencesSizes(99, 60, (20, 40), 10, 99),
    "standard": DifferencesSizes(39999, 1000, (60, 70, 80, 95, 110, 120, 130), 100, 1999),
    "paper": DifferencesSizes(39999, 4000, tuple(range(60, 131, 5)), 400, 9999),
}


def differences_sizes(profile, permutations=0, resamples=0):
    """Return the sizes of the tests, with other numbers of permutations or resamples if given."""
    sizes = _named(DIFFERENCES, profile)
    return replace(
        sizes,
        permutations=permutations or sizes.permutations,
        resamples=resamples or sizes.resamples,
    )


# Step 10: the grid, or a cheaper search than in step 02, since there are more drugs -----------


@dataclass(frozen=True)
class DrugsSizes(_Shown):
    """Sizes of the comparison on further drugs, unseen tissues and other weights.

    Attributes
    ----------
    profile : Profile
        Folds and search, the same for every drug and kind of fold.
    omegas : tuple of float
        Weights of the prediction error compared with the paper's weight of 1.
    further : str
        Further drugs unless others are requested: ``"all"``, ``"sample:n"``, or empty for a few
        cytotoxic medicines.
    """

    profile: Profile
    omegas: tuple
    further: str = ""


DRUGS = {
    "smoke": DrugsSizes(replace(SMOKE, search=GRID), (0.3,)),
    "standard": DrugsSizes(
        replace(
            STANDARD,
            repeats=1,
            inner_folds=2,
            lam1=(0.06,),
            lam3=(0.2, 0.1, 0.05),
            lam4=(0.0, 0.3),
            ratios=(0.2, 0.6),
            search=GRID,
        ),
        (0.3,),
    ),
    "paper": DrugsSizes(
        replace(STANDARD, repeats=1, inner_folds=2, search=SearchRule(densest=0.2)),
        (0.1, 0.3),
        "sample:60",
    ),
}


def drugs_sizes(profile, n_genes=0, fraction=0.0, cohort=None, search=""):
    """Return the sizes of step 10, with other genes or search if given."""
    sizes = _named(DRUGS, profile)
    own = with_search(sizes.profile, search)
    return replace(sizes, profile=with_genes(own, n_genes, fraction, cohort))


# Steps 12 to 14 -------------------------------------------------------------------------------


SCREENS = {"smoke": 200, "standard": 1000, "paper": 4000}


def screens_draws(profile):
    """Return how often cell lines are drawn for the intervals of correlations."""
    return _named(SCREENS, profile)


@dataclass(frozen=True)
class RegulonsSizes(_Shown):
    """Sizes of the comparison of networks with known regulons.

    Attributes
    ----------
    profile : Profile
        Folds and search of the lambdas where only transcription factors may regulate.
    draws : int
        Rewired sets of known edges, and draws of transcription factors and of cell lines.
    most : int
        Transcription factors that are partialled out of the named edge at most.
    pairs : int
        Pairs of halves on which the named edge is sought.
    """

    profile: Profile
    draws: int
    most: int
    pairs: int


REGULONS = {
    "smoke": RegulonsSizes(replace(SMOKE, search=GRID), 50, 4, 10),
    "standard": RegulonsSizes(
        replace(STANDARD, inner_folds=2, search=SearchRule(budget=12, densest=0.15)), 200, 10, 25
    ),
    "paper": RegulonsSizes(
        replace(STANDARD, inner_folds=3, search=SearchRule(budget=60, densest=0.2)), 500, 10, 100
    ),
}


def regulons_sizes(profile, n_genes=0, fraction=0.0, cohort=None, search=""):
    """Return the sizes of step 14, with other genes or search if given."""
    sizes = _named(REGULONS, profile)
    own = with_search(sizes.profile, search)
    return replace(sizes, profile=with_genes(own, n_genes, fraction, cohort))


# Step 15 ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MultiverseSizes(_Shown):
    """How many readings of the paper are computed, and how often the null hypothesis is drawn.

    Attributes
    ----------
    splits, wide_splits : int
        Ways to split the cell lines into groups: with networks of the markers and their
        neighbours, and of all genes analysed.
    draws : int
        Exchanges of responses for these.
    fits, outer_folds : int
        Readings of the data, genes and model; outer folds of five in which each is fitted.
    exchanged_fits, exchanges : int
        Readings that are also fitted to exchanged responses, on the first outer fold, and exchanges.
    marker_fits, marker_draws : int
        Readings for the markers, and exchanges of responses for them.
    flips : int
        Draws of signs of lines or data sets.
    designs, data_sets : int
        Designs of the simulation, and data sets of each.
    lam1, lam3, lam4, ratios, inner_folds
        The grid on which all methods are fitted.
    """

    splits: int
    wide_splits: int
    draws: int
    fits: int
    outer_folds: int
    exchanged_fits: int
    exchanges: int
    marker_fits: int
    marker_draws: int
    flips: int
    designs: int
    data_sets: int
    lam1: tuple
    lam3: tuple
    lam4: tuple
    ratios: tuple
    inner_folds: int


_MULTIVERSE = MultiverseSizes(
    splits=8,
    wide_splits=1,
    draws=200,
    fits=6,
    outer_folds=1,
    exchanged_fits=2,
    exchanges=1,
    marker_fits=6,
    marker_draws=9,
    flips=500,
    designs=8,
    data_sets=3,
    lam1=(0.08,),
    lam3=(0.4, 0.15, 0.05),
    lam4=(0.0, 0.5),
    ratios=(0.2, 0.5, 0.9),
    inner_folds=2,
)
MULTIVERSE = {
    "smoke": replace(
        _MULTIVERSE,
        splits=2,
        wide_splits=0,
        draws=40,
        fits=2,
        outer_folds=2,
        marker_fits=2,
        flips=99,
        designs=2,
        data_sets=2,
        lam1=(0.2,),
    ),
    "standard": _MULTIVERSE,
    "paper": replace(
        _MULTIVERSE,
        splits=60,
        wide_splits=4,
        fits=20,
        outer_folds=2,
        exchanged_fits=4,
        exchanges=9,
        marker_fits=8,
        marker_draws=99,
        flips=1000,
        designs=80,
        data_sets=4,
        lam3=(0.3, 0.12, 0.06, 0.03),
        lam4=(0.0, 0.3, 3.0),
        inner_folds=3,
    ),
}


def multiverse_sizes(profile):
    """Return the sizes of step 15."""
    return _named(MULTIVERSE, profile)


# Step 16 ------------------------------------------------------------------------------------


CLAIMS = {"smoke": 200, "standard": 1000, "paper": 4000}


def claims_draws(profile):
    """Return how often evidence is drawn for the error rates of the rules."""
    return _named(CLAIMS, profile)


def _named(table, name):
    if name not in table:
        raise UsageError(f"profile must be one of {', '.join(table)}, not {name!r}.")
    return table[name]
