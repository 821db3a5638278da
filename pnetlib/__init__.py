"""PredictiveNetwork, reproduced: gene networks estimated for the drug response they predict."""

from importlib import import_module

__version__ = "0.2.0"

# Imported when first used: the command line checks its options before NumPy is installed.
_HOMES = {
    "ElasticNetExpression": "pnetlib.estimators",
    "ElasticNetwork": "pnetlib.estimators",
    "LassoExpression": "pnetlib.estimators",
    "NetworkThenPredict": "pnetlib.estimators",
    "PredictiveNetwork": "pnetlib.estimators",
    "load_cohort": "pnetlib.datasets",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'pnetlib' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
