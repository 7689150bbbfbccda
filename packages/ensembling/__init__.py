"""Blends: the average of soft maps, the triplet rule, and a score that says how sure it is.

Works on predictions, never on models: a run hands in its out-of-fold soft maps and
probabilities, a blend is fitted and judged on them, and the same rule then makes test masks.
"""

from ensembling._apply import apply, probabilities
from ensembling._blend import Blend
from ensembling._compare import Comparison, compare
from ensembling._errors import EnsemblingError, InputError, RecordError
from ensembling._fit import fit
from ensembling._levels import best_score, levels
from ensembling._maps import average, enlarge
from ensembling._member import MapSource, Member
from ensembling._metric import Metric
from ensembling._rule import Thresholds

__all__ = [
    "Blend",
    "Comparison",
    "EnsemblingError",
    "InputError",
    "MapSource",
    "Member",
    "Metric",
    "RecordError",
    "Thresholds",
    "apply",
    "average",
    "best_score",
    "compare",
    "enlarge",
    "fit",
    "levels",
    "probabilities",
]
