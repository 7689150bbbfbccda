"""A blend as `ensembling.fit` makes one, with invented figures."""

from dataclasses import replace
from typing import Any

from ensembling import Blend, Thresholds

PLAIN = Blend(
    rule="triplet",
    weights={"r": 1.0},
    thresholds=Thresholds(200, 90, 100),
    score_in_sample=0.82,
    score_honest=0.8,
    score_stratified=0.8,
    correction=0.001,
    interval=(0.7, 0.9),
    score_empty=0.779,
    negative_accuracy=0.97,
    positive_score=0.3,
    positive_share=0.0,
    images=100,
    positives=22,
    curves={"reliability": []},
    name="plain",
    runs=("r",),
    competition="lungs",
    folds_digest="f",
    data_digest="d",
)


def blend(**changes: Any) -> Blend:
    """Return the blend with some fields changed."""
    return replace(PLAIN, **changes)
