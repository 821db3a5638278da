"""The models, with scikit-learn's manners."""

from pnetlib.estimators.expression import ElasticNetExpression, LassoExpression
from pnetlib.estimators.network import ElasticNetwork
from pnetlib.estimators.predictive import NetworkThenPredict, PredictiveNetwork
from pnetlib.estimators.weighted import WeightedPredictiveNetwork
from pnetlib.solvers.moments import Moments

__all__ = [
    "ElasticNetExpression",
    "ElasticNetwork",
    "LassoExpression",
    "Moments",
    "NetworkThenPredict",
    "PredictiveNetwork",
    "WeightedPredictiveNetwork",
]
