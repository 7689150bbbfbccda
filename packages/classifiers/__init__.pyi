"""LightGBM classifiers that learn from a feature table which images are positive."""

from ._calibration import Calibration
from ._config import LightGBMConfig
from ._errors import BadTable, ClassifierError, OneClass, WrongModel
from ._importance import Explanation, explain, importances
from ._learner import LightGBMLearner
from ._sides import SidedLearner
from ._tuning import Found, tune

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
