"""Learns from a feature table whether an image shows a lesion: LightGBM behind one protocol."""

from classifiers._config import LightGBMConfig
from classifiers._errors import BadTable, ClassifierError, OneClass, WrongModel
from classifiers._importance import importances
from classifiers._learner import LightGBMLearner

__all__ = [
    "BadTable",
    "ClassifierError",
    "LightGBMConfig",
    "LightGBMLearner",
    "OneClass",
    "WrongModel",
    "importances",
]
