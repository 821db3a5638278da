"""How large a run is: genes, folds and grids of each profile."""

from dataclasses import dataclass, replace

from pnetlib.errors import UsageError
from pnetlib.steps.simulation.designs import GRAPHS, SCENARIOS


@dataclass(frozen=True)
class Profile:
    """Sizes of one run; every number here is this project's choice.

    Attributes
    ----------
    n_genes : int
        Genes of largest variance that enter (976 in the paper).
    outer_folds, repeats, inner_folds : int
        Nested cross-validation: folds whose error is reported, how often they are drawn anew,
        and folds inside each training part on which the lambdas are chosen.
    lam1, lam3 : tuple of float
        Grids as fractions of the smallest lambda without edges, and without effects.
    lam4 : tuple of float
        Grid of the link penalty.
    ratios : tuple of float
        ELA's shares of the L1 penalty; LA's is 1.
    control_folds : int
        Outer folds of the permuted-label control.
    group_size : int
        Sensitive, and resistant, cell lines (95 in the paper).
    n_neighbours : int
        Genes beside the markers in the group networks.
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

    @property
    def points(self):
        """Grid points of Pro, and of every other method."""
        return len(self.lam1) * len(self.lam3) * len(self.lam4)


PROFILES = {
    "smoke": Profile(
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
    ),
    "standard": Profile(
        n_genes=976,
        outer_folds=5,
        repeats=2,
        inner_folds=3,
        lam1=(0.08, 0.04),
        lam3=(0.5, 0.25, 0.12, 0.06, 0.03),
        lam4=(0.0, 0.1, 1.0),
        ratios=(0.2, 0.5, 0.9),
        control_folds=1,
        group_size=95,
        n_neighbours=30,
    ),
    "paper": Profile(
        n_genes=976,
        outer_folds=5,
        repeats=5,
        inner_folds=5,
        lam1=(0.1, 0.05, 0.025),
        lam3=(0.5, 0.3, 0.18, 0.1, 0.06, 0.03),
        lam4=(0.0, 0.03, 0.3, 3.0),
        ratios=(0.1, 0.3, 0.5, 0.9),
        control_folds=5,
        group_size=95,
        n_neighbours=30,
    ),
}


def profile_named(name):
    """The profile of that name."""
    if name not in PROFILES:
        raise UsageError(f"profile must be one of {', '.join(PROFILES)}, not {name!r}.")
    return PROFILES[name]


def with_repeats(profile, repeats):
    """The profile with its outer folds drawn so many times, 0 for as often as it says.

    Raises
    ------
    UsageError
        If it is negative.
    """
    if repeats < 0:
        raise UsageError(f"repeats is {repeats}, but must be at least 1 (0: the profile's).")
    return replace(profile, repeats=repeats) if repeats else profile


def small(profile):
    """The profile's genes and groups with the smoke profile's folds and grids."""
    sizes = {name: getattr(profile, name) for name in ("n_genes", "group_size", "n_neighbours")}
    return replace(PROFILES["smoke"], **sizes)


def with_genes(profile, n_genes, fraction=0.0, cohort=None):
    """The profile with another number, or fraction of the cohort's, of genes; 0 keeps its own."""
    if n_genes and fraction:
        raise UsageError("n_genes and gene_fraction are both given; give one of them.")
    if not 0.0 <= fraction <= 1.0:
        raise UsageError(f"gene_fraction is {fraction}, but must be between 0 and 1.")
    if fraction:
        n_genes = max(1, round(fraction * cohort.expression.shape[1]))
    return replace(profile, n_genes=n_genes) if n_genes else profile


@dataclass(frozen=True)
class StudySizes:
    """How large the study is in one profile; every number here is this project's choice.

    Attributes
    ----------
    modules : int
        All TFs; Li and Li have 200.
    n_train, n_test : int
        Samples on which lambdas are chosen and models fitted, and new ones (100 and 100 in Li
        and Li).
    replicates, graph_replicates, ablation_replicates : int
        Data sets for each cell of the table, of the other networks, and of the ablation.
    graphs : tuple of str
        Networks tried.
    ablation_scenarios : tuple of int
        Scenarios of the ablation.
    tuning : Profile
        Inner folds and grids.
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


# The grids were set by where the minima of cross-validation fell in trial data sets of another
# seed, not by what was selected there: sparser networks than on the real cohort, smaller lam3.
STUDY_SIZES = {
    "smoke": StudySizes(
        modules=12,
        n_train=60,
        n_test=60,
        replicates=2,
        graph_replicates=2,
        ablation_replicates=2,
        graphs=("TF hub", "hub"),
        ablation_scenarios=(1,),
        tuning=replace(
            PROFILES["smoke"],
            n_genes=132,
            inner_folds=2,
            lam1=(0.4,),
            lam3=(0.1, 0.03),
            lam4=(0.0, 0.1),
            ratios=(0.3, 0.8),
        ),
    ),
    "standard": StudySizes(
        modules=20,
        n_train=100,
        n_test=100,
        replicates=3,
        graph_replicates=2,
        ablation_replicates=1,
        graphs=GRAPHS,
        ablation_scenarios=SCENARIOS,
        tuning=replace(
            PROFILES["standard"],
            n_genes=220,
            inner_folds=3,
            lam1=(0.4, 0.2),
            lam3=(0.1, 0.03),
            lam4=(0.0, 0.03, 0.3),
            ratios=(0.2, 0.5, 0.8),
        ),
    ),
    "paper": StudySizes(
        modules=20,
        n_train=100,
        n_test=100,
        replicates=50,
        graph_replicates=10,
        ablation_replicates=6,
        graphs=GRAPHS,
        ablation_scenarios=SCENARIOS,
        tuning=replace(
            PROFILES["paper"],
            n_genes=220,
            inner_folds=3,
            lam1=(0.6, 0.4, 0.2),
            lam3=(0.1, 0.03, 0.01),
            lam4=(0.0, 0.03, 0.3),
            ratios=(0.2, 0.5, 0.8),
        ),
    ),
}


def study_sizes(profile, replicates=0):
    """Sizes of a profile, with another number of replicates for each cell of the table if given.

    Raises
    ------
    UsageError
        If the profile is unknown, or there are too few replicates for an interval.
    """
    if profile not in STUDY_SIZES:
        raise UsageError(f"profile must be one of {', '.join(STUDY_SIZES)}, not {profile!r}.")
    if replicates == 0:
        return STUDY_SIZES[profile]
    if replicates < 2:
        raise UsageError(
            f"replicates is {replicates}, but an interval needs at least 2 (0: the profile's)."
        )
    return replace(STUDY_SIZES[profile], replicates=replicates)
