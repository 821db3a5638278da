"""Estimators and solvers with the signatures of other packages, solved by this one.

The others minimise ``||y - b0 - X w||^2 / 2n + alpha (l1_ratio |w|_1 + (1 - l1_ratio) ||w||^2 / 2)``
on X as it is; this package minimises twice that, with genes standardised and always with an
intercept. Without an intercept, the lines are mirrored: of (X, y) and (-X, -y) all means are 0. Weights
of lines multiply centred lines. Where all genes have the same standard deviation, the public
estimator is fitted with lambdas in its units; elsewhere its solver is, on moments that are not
standardised.

A tolerance of the others bounds the last change of the coefficients too, relative to the largest,
and a duality gap bounds the square of their error. So a fit here gets the square of the tolerance,
down to the rounding of a gap.

What this package has no counterpart of ends the test by `not_ours`, with a word that `reasons.tsv`
explains.
"""

import inspect

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn import linear_model

from pnetlib.estimators import ElasticNetExpression, LassoExpression
from pnetlib.estimators.base import warn_unconverged
from pnetlib.solvers.expression import fit_expression
from pnetlib.solvers.moments import Moments, centred

NOT_OURS = "no counterpart:"  # begins the reason with which a test is skipped
ROUNDING = (
    1e-15  # of a duality gap relative to the variance of the response, with hundreds of genes
)
fits = {"estimator": 0, "solver": 0}  # so far in this process


def not_ours(word, missing=True):
    """End the test if it needs something that this package has no counterpart of."""
    if missing:
        pytest.skip(f"{NOT_OURS} {word}")


def solve(X, y, alpha, l1_ratio=1.0, *, weight=None, fit_intercept=True, tol=1e-4, max_iter=1000):
    """Return coefficients (p,), intercept, absolute duality gap, rounds and the fitted estimator.

    The last is None where the solver was called instead, or the estimator with other lines.
    """
    X = np.asarray(X.toarray() if issparse(X) else X)
    y = np.asarray(y)
    not_ours("targets", y.ndim > 1 and y.shape[1] > 1)
    y = y.ravel()
    if weight is not None:
        weight = np.broadcast_to(np.asarray(weight, float), len(y))
        x_mean = np.average(X, axis=0, weights=weight) if fit_intercept else np.zeros(X.shape[1])
        y_mean = np.average(y, weights=weight) if fit_intercept else 0.0
        root = np.sqrt(weight / weight.mean())
        w, _, gap, rounds, _ = solve(
            (X - x_mean) * root[:, None],
            (y - y_mean) * root,
            alpha,
            l1_ratio,
            fit_intercept=False,
            tol=tol,
            max_iter=max_iter,
        )
        return w, y_mean - x_mean @ w, gap, rounds, None
    if not fit_intercept:
        X, y = np.concatenate([X, -X]), np.concatenate([y, -y])
    lam1, lam2 = 2.0 * alpha * l1_ratio, alpha * (1.0 - l1_ratio)
    options = {"tol": 2.0 * max(tol * tol, ROUNDING), "max_iter": max_iter}
    scales = centred(X)[1:][1]
    if np.ptp(scales) <= 1e-12 * scales[0]:
        fits["estimator"] += 1
        scale = float(scales[0])
        lam1, lam2 = lam1 / scale, lam2 / scale**2
        lasso = lam2 == 0.0
        kind = LassoExpression(lam1, **options) if lasso else None
        model = kind or ElasticNetExpression(lam1, lam2, **options)
        model.fit(X, y)
        w = model.coef_ / model.scale_
        zz = np.var(y)
        intercept = model.intercept_ - model.mean_ @ w if fit_intercept else 0.0
        return w, intercept, 0.5 * zz * model.gap_, model.n_iter_, model
    fits["solver"] += 1
    X, y = np.asarray(X, float), np.asarray(y, float)
    moments = Moments.of(X, y, standardize=False)
    w, gap, rounds = fit_expression(moments, lam1, lam2, **options)
    warn_unconverged("fit_expression", gap, options["tol"])
    # Without one, the means of mirrored lines are 0 but for rounding.
    intercept = moments.z_mean - moments.mean @ w if fit_intercept else 0.0
    return w, intercept, 0.5 * moments.zz * gap, rounds, None


class Solved:
    """Mixin that replaces `fit` of an elastic net or lasso of another package."""

    def fit(self, X, y, sample_weight=None, check_input=True):
        not_ours("weights", getattr(self, "weights", None) is not None)
        not_ours("positive", self.positive)
        not_ours("warm_start", self.warm_start)
        not_ours("gram", not isinstance(getattr(self, "precompute", False), bool))
        not_ours("random", getattr(self, "selection", "cyclic") != "cyclic")
        not_ours("overwrite", not getattr(self, "copy_X", True))
        self.coef_, self.intercept_, self.dual_gap_, self.n_iter_, self._model = solve(
            X,
            y,
            self.alpha,
            getattr(self, "l1_ratio", 1.0),
            weight=sample_weight,
            fit_intercept=self.fit_intercept,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.n_features_in_ = self.coef_.size
        return self

    def predict(self, X):
        """Return the prediction of the public estimator, where it was fitted."""
        if self._model is not None and not issparse(X):
            return self._model.predict(X)
        return np.asarray(X @ self.coef_ + self.intercept_)


def like(original):
    """Return a class of the name and parameters of another package's, solved by this one."""
    body = {"__init__": original.__init__, "__module__": __name__}
    return type(original.__name__, (Solved, original), body)


def become(original):
    """Let another package's class itself be solved by this one."""
    original.fit, original.predict = Solved.fit, Solved.predict


def path(X, y, pb, eps=1e-3, n_alphas=100, alphas=None, l1_ratio=1.0, **given):
    """Return what ``celer_path`` does: alphas, coefficients (p, alphas), gaps, and more on request."""
    not_ours("logistic", pb == "logreg")
    not_ours("weights", given.get("weights") is not None)
    not_ours("positive", given.get("positive"))
    if alphas is None:
        largest = np.max(np.abs(X.T @ y)) / len(y) / l1_ratio
        alphas = largest * np.geomspace(1.0, eps, n_alphas)
    found = [
        solve(X, y, alpha, l1_ratio, fit_intercept=False, tol=given.get("tol", 1e-6))
        for alpha in alphas
    ]
    coefs = np.array([w for w, *_ in found]).T
    results = np.asarray(alphas), coefs, np.array([gap for _, _, gap, *_ in found])
    if given.get("return_thetas"):
        rest = np.asarray(y)[:, None] - X @ coefs
        results += (rest.T / np.maximum(np.abs(X.T @ rest).max(axis=0), 1e-300)[:, None],)
    if given.get("return_n_iter"):
        results += (np.array([max(rounds, 1) for *_, rounds, _ in found]),)
    return results


def solver(original):
    """Return a solver class of skglm whose quadratic datafits with lasso penalties are solved here.

    Other datafits and penalties are left to the original, and so are no part of the comparison.
    """

    def _solve(self, X, y, datafit, penalty, w_init=None, Xw_init=None):
        kinds = type(datafit).__name__, type(penalty).__name__
        if (kinds[0] != "Quadratic" and datafit is not None) or kinds[1] not in (
            "L1",
            "L1_plus_L2",
        ):
            return original._solve(self, X, y, datafit, penalty, w_init, Xw_init)
        not_ours("positive", penalty.positive)
        not_ours("warm_start", self.warm_start)
        # GramCD has the option, but no intercept.
        with_intercept = original.__name__ != "GramCD" and self.fit_intercept
        ratio = getattr(penalty, "l1_ratio", 1.0)
        w, intercept, gap, rounds, _ = solve(
            X, y, penalty.alpha, ratio, fit_intercept=with_intercept, tol=self.tol
        )
        return np.append(w, intercept) if with_intercept else w, np.zeros(rounds), gap

    return type(original.__name__, (original,), {"_solve": _solve, "__module__": __name__})


def replace(package):
    """Replace the public elastic nets, lassos and solvers of a package, before its tests import.

    Those of scikit-learn get subclasses, since its own code needs the originals.
    """
    if package == "sklearn":
        for name in ("ElasticNet", "Lasso"):
            setattr(linear_model, name, like(getattr(linear_model, name)))
    elif package == "celer":
        import celer

        for name in ("ElasticNet", "Lasso"):
            become(getattr(celer, name))
        celer.celer_path = path
    elif package == "skglm":
        from skglm import estimators, solvers

        for name in ("ElasticNet", "Lasso"):
            become(getattr(estimators, name))
        for name in ("AndersonCD", "GramCD"):
            setattr(solvers, name, solver(getattr(solvers, name)))


# Standardised data ----------------------------------------------------------------------------


def standardised(builder):
    """Return a builder of data whose dense genes are standardised, so that estimators take them."""

    def built(*given, **options):
        X, *rest = found = builder(*given, **options)
        return found if issparse(X) else type(found)((_standardised(X), *rest))

    built.__signature__ = inspect.signature(builder)
    return built


def _standardised(X):
    X, _, scale = centred(X)
    return np.asfortranarray(X / scale)
