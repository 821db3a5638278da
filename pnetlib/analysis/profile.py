"""How large a run is: genes, folds and grids of each profile."""

from dataclasses import dataclass, replace

from ..errors import UsageError


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
        n_genes=80, outer_folds=3, repeats=1, inner_folds=2, lam1=(0.2, 0.1), lam3=(0.4, 0.15, 0.05),
        lam4=(0.0, 0.3), ratios=(0.3, 0.8), control_folds=3, group_size=30, n_neighbours=12,
    ),
    "standard": Profile(
        n_genes=976, outer_folds=5, repeats=2, inner_folds=3, lam1=(0.08, 0.04),
        lam3=(0.5, 0.25, 0.12, 0.06, 0.03), lam4=(0.0, 0.1, 1.0), ratios=(0.2, 0.5, 0.9),
        control_folds=1, group_size=95, n_neighbours=30,
    ),
    "paper": Profile(
        n_genes=976, outer_folds=5, repeats=5, inner_folds=5, lam1=(0.1, 0.05, 0.025),
        lam3=(0.5, 0.3, 0.18, 0.1, 0.06, 0.03), lam4=(0.0, 0.03, 0.3, 3.0),
        ratios=(0.1, 0.3, 0.5, 0.9), control_folds=5, group_size=95, n_neighbours=30,
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
