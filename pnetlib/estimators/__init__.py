"""The models, with scikit-learn's manners."""

from .expression import ElasticNetExpression, LassoExpression
from .moments import Moments
from .network import ElasticNetwork
from .predictive import NetworkThenPredict, PredictiveNetwork
from .weighted import WeightedPredictiveNetwork

__all__ = [
    "ElasticNetExpression", "ElasticNetwork", "LassoExpression", "Moments", "NetworkThenPredict",
    "PredictiveNetwork", "WeightedPredictiveNetwork",
]
