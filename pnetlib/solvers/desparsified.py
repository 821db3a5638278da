"""Confidence intervals of single edges: the desparsified lasso of every target.

A penalised coefficient is shrunk towards 0, and resampling does not reveal by how much. One step
removes the shrinkage (Zhang and Zhang, Journal of the Royal Statistical Society B 2014;76:217; van
de Geer, Buehlmann, Ritov and Dezeure, Annals of Statistics 2014;42:1166; for the regressions of a
network, Jankova and van de Geer, Electronic Journal of Statistics 2015;9:1205). With the genes
standardised, the penalised coefficients b of target j and its residual ``e = x_j - X b``, let
``z_k`` be what is left of regulator k after its own lasso on all genes but k and j. Then

    b_k + z_k'e / z_k'x_k

is close to normal about the coefficient of k in the population's least-squares regression of j on
all other genes, whether or not there are more genes than cell lines.

Our choices, made for coverage (``python -m benchmarks.calibration.coverage``):

- The penalty that gives ``z_k`` is weak, 0.05 sqrt(log p / n). With that of the network at lam1 0.3,
  intervals covered planted edges in 79 to 84% of cases where the genes' noise is correlated.
- The variance is that of the terms ``z_ki e_i``, so noise may differ between cell lines; s
  coefficients that are not 0 leave n - 1 - s degrees of freedom.
- Genes are divided by estimated standard deviations. The error of these is part of the variance.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from pnetlib.solvers.columns import Columns
from pnetlib.solvers.moments import centred
from pnetlib.solvers.network import solve_network

STRENGTH = 0.05  # of the penalty that gives z, in units of sqrt(log p / n)
GAP_TOL = 1e-5  # any z is valid; the gap only decides how close it is to the best one


@dataclass(frozen=True)
class Estimate:
    """Estimates that are close to normal, with what an interval needs.

    Attributes
    ----------
    value, variance, df : ndarray
        Estimates, their variances and the degrees of freedom of these, of one shape.
    """

    value: np.ndarray
    variance: np.ndarray
    df: np.ndarray

    def interval(self, level=0.95):
        """Return the lower and the upper ends of Student's intervals."""
        half = student.ppf(0.5 + 0.5 * level, self.df) * np.sqrt(self.variance)
        return self.value - half, self.value + half

    def minus(self, other):
        """Return the difference from an independent estimate, with Welch's degrees of freedom."""
        variance = self.variance + other.variance
        df = variance**2 / (self.variance**2 / self.df + other.variance**2 / other.df)
        return Estimate(self.value - other.value, variance, df)


def desparsified(X, B, targets=None, penalty=None):
    """Estimate population regression coefficients from a penalised network, without shrinkage.

    Parameters
    ----------
    X : ndarray (n, p)
        Expression of the cell lines of one population; it is standardised here.
    B : ndarray (p, p)
        Penalised coefficients of the standardised genes, regulators x targets. The network may
        rest on other lines as well.
    targets : sequence of int, optional
        Positions of m targets; all genes by default.
    penalty : float, optional
        L1 weight in the regressions that give z (the loss is half the mean squared error);
        0.05 sqrt(log p / n) by default. Towards 0, with more lines than genes, the estimates
        become those of least squares whatever B is.

    Returns
    -------
    Estimate
        Arrays (p, m). NaN for a gene itself and where a gene is constant.
    """
    X, _, scale = centred(X)
    X /= scale
    n, p = X.shape
    targets = range(p) if targets is None else targets
    weight = STRENGTH * np.sqrt(np.log(p) / n) if penalty is None else penalty
    G = X.T @ X / n
    found = np.full((3, p, len(targets)), np.nan)
    for place, j in enumerate(targets):
        others = np.flatnonzero((np.arange(p) != j) & (np.diag(G) > 0.0))
        if G[j, j] > 0.0 and len(others):
            b = B[others, j]
            found[:, others, place] = _one_target(X[:, others], X[:, j], b, weight)
    return Estimate(*found)


def _one_target(X, y, b, weight):
    """Return estimates, variances and degrees of freedom (3, k) of the k regulators X of y."""
    n, k = X.shape
    G = X.T @ X / n
    start = Columns.empty(k)
    columns, _ = solve_network(G, np.full(k, weight), 0.0, start, GAP_TOL, n_jobs=1)
    Z = X - X @ columns.matrix()
    scale = np.einsum("ij,ij->j", Z, X) / n
    residual = y - X @ b
    value = b + Z.T @ residual / n / scale
    terms = Z * residual[:, None] / scale + 0.5 * value * (X**2 - y[:, None] ** 2)
    df = max(n - 1 - np.count_nonzero(b), 1)
    return value, np.mean(terms**2, axis=0) / df, np.full(k, df)
