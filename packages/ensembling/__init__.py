"""Blends: weighted means of probability maps, rules for masks, and their nested cross-validation.

Works on predictions, not on models: a blend is fitted and scored on the out-of-fold probability
maps and probabilities of runs, and its rule is applied to test predictions.
"""

from ensembling._apply import apply, probabilities
from ensembling._blend import Blend
from ensembling._blend_store import BEST, BlendStore
from ensembling._errors import (
    BlendNameError,
    EnsemblingError,
    InputError,
)
from ensembling._fit import fit
from ensembling._metric import Metric
from ensembling._score_of_part import PartScore, score_of_part
from ensembling.evaluation.comparison import Comparison, compare
from ensembling.maps.averaging import average, enlarge
from ensembling.maps.member import MapSource, Member
from ensembling.rules.level_scores import best_score, levels
from ensembling.rules.thresholds import Thresholds

__all__ = [
    "BEST",
    "Blend",
    "BlendNameError",
    "BlendStore",
    "Comparison",
    "EnsemblingError",
    "InputError",
    "MapSource",
    "Member",
    "Metric",
    "PartScore",
    "Thresholds",
    "apply",
    "average",
    "best_score",
    "compare",
    "enlarge",
    "fit",
    "levels",
    "probabilities",
    "score_of_part",
]
