"""PredictiveNetwork, reproduced: gene networks estimated for the drug response they predict."""

__version__ = "0.1.0"
