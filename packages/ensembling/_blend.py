"""A fitted blend with its scores, and its JSON form."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ensembling._errors import EnsemblingError
from ensembling.rules.expected_score import Expected
from ensembling.rules.postprocess import NONE, OPTIONS
from ensembling.rules.thresholds import Thresholds

OPTIONAL = ("runs", "competition", "folds_digest", "data_digest", "subgroups", "auc")
"""Entries that are missing in a blend that was not saved."""


@dataclass(frozen=True)
class Blend:
    """A rule that makes masks from the predictions of runs, with its scores.

    All scores are means of the competition's metric over images, by nested cross-validation (see
    `fit`) unless said otherwise.

    Attributes:
        rule: "gate", "triplet", "triplet + gate", "expected score", or "empty": no mask for any
            image.
        weights: of the probability maps by run, with sum 1; 0 for runs without maps.
        gate_weights: of the calibrated probabilities by run; empty without a gate.
        calibration: slope and intercept on the logit of each run's probability, or empty.
        thresholds: of the rule.
        score_in_sample: on the images that it was fitted on.
        score_honest: by nested cross-validation, corrected for the smaller number of images in
            its fits.
        score_stratified: the same with stratified folds that may split groups, as the leaderboard
            does; the folds of the models do not change.
        correction: the correction in the honest score, see `NestedCV.correction`.
        interval: 95 % bootstrap interval of the honest score over groups, including the error of
            the fit, see `NestedCV.fit_error`.
        optimism: in-sample minus honest score.
        score_empty: of empty masks, the share of negative images.
        negative_accuracy: mean over the negative images; None if there are none.
        positive_score: mean over the positive images; None if there are none.
        positive_share: share of the images that get a mask in nested cross-validation.
        images: number of images.
        positives: number of positive images.
        expected: the models of the rule "expected score"; None for others.
        postprocess: post-processing of the masks, see `rules.postprocess`.
        candidates: cross-validated score of each rule without post-processing, by which the rule
            is chosen.
        candidates_in_sample: the same on the images that each was fitted on.
        curves: in-sample score over each threshold, and calibration, see `curves`.
        weights_path: the search for weights on small maps: weights and score at each step.
        by_fold: fold, images, score, rule, weights and thresholds of each left-out fold.
        notes: remarks for the user, one line each.
        name: under which it is saved; "" if it is not.
        runs: its members, in the order of their predictions.
        competition: name of the competition.
        folds_digest: of the folds of the runs.
        data_digest: of the images and annotations of the runs.
        subgroups: honest score of each value of the facts and each band of mask areas.
        auc: area under the ROC curve of the blended out-of-fold probabilities, with weights fitted
            on the same images; None if unknown.
    """

    rule: str
    weights: Mapping[str, float]
    thresholds: Thresholds
    score_in_sample: float
    score_honest: float
    score_stratified: float
    correction: float
    interval: tuple[float, float]
    score_empty: float
    negative_accuracy: float | None
    positive_score: float | None
    positive_share: float
    images: int
    positives: int
    gate_weights: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    expected: Expected | None = None
    postprocess: str = NONE
    candidates: Mapping[str, float] = field(default_factory=dict)
    candidates_in_sample: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Any] = field(default_factory=dict)
    weights_path: tuple[Mapping[str, Any], ...] = ()
    by_fold: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    name: str = ""
    runs: tuple[str, ...] = ()
    competition: str = ""
    folds_digest: str = ""
    data_digest: str = ""
    subgroups: tuple[Mapping[str, Any], ...] = ()
    auc: float | None = None

    @property
    def optimism(self) -> float:
        """In-sample minus honest score."""
        return self.score_in_sample - self.score_honest

    def __post_init__(self) -> None:
        """Check what the types of the entries do not say."""
        if self.postprocess not in OPTIONS:
            raise ValueError(f"postprocess is {self.postprocess!r}, not one of {list(OPTIONS)}")
        if self.expected is not None:
            self.expected.check(members=len(self.weights))

    def as_dict(self) -> dict[str, Any]:
        """Return the blend as plain JSON types; `from_dict` gives an equal blend."""
        plain = RECORD.dump_python(self, mode="json")
        return {"blend": plain.pop("name"), **plain, "optimism": self.optimism}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Blend":
        """Return the blend of a dict of `as_dict`; other entries are ignored.

        Raises:
            EnsemblingError: entries are missing or of another kind.
        """
        record = {**record, "name": record.get("blend", "")}
        names = [one.name for one in dataclasses.fields(cls)]
        missing = [name for name in names if name not in {*record, *OPTIONAL}]
        if missing:
            listed = ", ".join(missing)
            raise EnsemblingError(f"the blend lacks {listed}: make it again, `tools blend`")
        try:
            return RECORD.validate_python(record)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise EnsemblingError(
                f"the blend cannot be read ({'; '.join(faults)}): make it again, `tools blend`"
            ) from None


RECORD = TypeAdapter(Blend)
