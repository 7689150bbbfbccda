"""LightGBM classifiers that learn from a feature table which images are positive."""

from classifiers._calibration import Calibration
from classifiers._config import LightGBMConfig
from classifiers._errors import BadTable, ClassifierError, OneClass, WrongModel
from classifiers._importance import Explanation, explain, importances
from classifiers._learner import LightGBMLearner
from classifiers._sides import SidedLearner
from classifiers._tuning import Found, tune

__all__ = [
    "BadTable",
    "Calibration",
    "ClassifierError",
    "Explanation",
    "Found",
    "LightGBMConfig",
    "LightGBMLearner",
    "OneClass",
    "SidedLearner",
    "WrongModel",
    "explain",
    "importances",
    "tune",
]
