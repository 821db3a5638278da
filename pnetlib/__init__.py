"""Gene networks estimated for the drug response they predict: PredictiveNetwork, reproduced."""

from importlib import import_module

__version__ = "0.6.0"
__all__ = [
    "ElasticNetExpression",
    "ElasticNetExpressionCV",
    "ElasticNetwork",
    "LassoExpression",
    "LassoExpressionCV",
    "NetworkConstrainedRegression",
    "NetworkThenPredict",
    "NetworkThenPredictCV",
    "PredictiveNetwork",
    "PredictiveNetworkCV",
    "SearchRule",
    "__version__",
    "load_cohort",
]


# Imported at first use: the command line checks its options before NumPy is installed.
def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'pnetlib' has no attribute {name!r}")
    elsewhere = {"load_cohort": "pnetlib.datasets", "SearchRule": "pnetlib.solvers.search"}
    return getattr(import_module(elsewhere.get(name, "pnetlib.estimators")), name)


def __dir__():
    return sorted(__all__)
