"""The models as scikit-learn estimators."""

from pnetlib.estimators.constrained import NetworkConstrainedRegression
from pnetlib.estimators.expression import ElasticNetExpression, LassoExpression
from pnetlib.estimators.model_selection import (
    ElasticNetExpressionCV,
    LassoExpressionCV,
    NetworkThenPredictCV,
    PredictiveNetworkCV,
)
from pnetlib.estimators.network import ElasticNetwork
from pnetlib.estimators.predictive import NetworkThenPredict, PredictiveNetwork

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
]
