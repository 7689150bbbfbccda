"""Search for the post-processing of masks, inside the nested cross-validation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

import rlemask
from ensembling._metric import Metric, iou, scores_of
from ensembling.evaluation.bootstrap import standard_error
from ensembling.evaluation.nested_cv import Fitted, NestedCV, Outcome, Part
from ensembling.maps.averaging import average, enlarge, read_maps
from ensembling.maps.member import Member, Weights
from ensembling.maps.reading import ReadOptions, read_each
from ensembling.rules.postprocess import NONE, OPTIONS, postprocess


class PostprocessSearch:
    """Applies every option to the predicted masks and compares their scores.

    Args:
        members: with their maps.
        truth: masks by image id.
        ids: of the images in the order of the level counts.
    """

    def __init__(
        self,
        members: Sequence[Member],
        truth: Mapping[str, rlemask.Runs],
        ids: Sequence[str],
        metric: Metric,
        how: ReadOptions,
    ) -> None:
        self.members, self.truth, self.ids, self.how = members, truth, ids, how
        self.metric = metric
        self._known: dict[tuple[Weights, int, int], np.ndarray] = {}

    def choose(self, cv: NestedCV, fitted: Fitted, without: Part = frozenset()) -> str:
        """Return the best option on the images outside `without`, or none.

        An option must gain more than one standard error, as the rule of the masks was fitted
        without post-processing.
        """
        rows = np.flatnonzero(~np.isin(cv.counts.fold, list(without)))
        gains = self.gains(cv, fitted, rows)
        best = int(gains.mean(axis=0).argmax())
        error = standard_error(gains[:, best], cv.counts.group[rows])
        return list(OPTIONS)[best] if gains[:, best].mean() > error else NONE

    def held_out(self, cv: NestedCV, outcome: Outcome) -> tuple[Outcome, list[str]]:
        """Return the outcome of `cv.held_out(None)` after post-processing, and the options."""
        score, options = outcome.score.copy(), []
        for fold in cv.folds:
            others = frozenset({fold})
            fitted = cv.fit(cv.choose(others), others)
            options.append(self.choose(cv, fitted, others))
            rows = np.flatnonzero(cv.counts.fold == fold)
            score[rows] += self.gains(cv, fitted, rows)[:, list(OPTIONS).index(options[-1])]
        return replace(outcome, score=score), options

    def gains(self, cv: NestedCV, fitted: Fitted, rows: np.ndarray) -> np.ndarray:
        """Return the gain in metric by each option for each image, float64 `(n, options)`."""
        table = np.zeros((len(rows), len(OPTIONS)))
        drawn = cv.outcome(fitted, rows).predicted
        bottom, weights = fitted.thresholds.bottom, fitted.weights
        keys = [(weights, bottom, int(row)) for row in rows[drawn]]
        unknown = [key for key in keys if key not in self._known]
        if unknown:
            ids = [self.ids[row] for *_, row in unknown]
            scores = read_each(
                ids,
                lambda one: self._scores(one, weights, bottom),
                self.how,
                label="post-processing",
            )
            self._known |= dict(zip(unknown, scores, strict=True))
        if keys:
            table[drawn] = [self._known[key] for key in keys]
        return table

    def _scores(self, image_id: str, weights: Weights, bottom: int) -> np.ndarray:
        """Return the score with each option minus that without, float64 `(options,)`."""
        pairs = [(one, weight) for one, weight in zip(self.members, weights, strict=True) if weight]
        maps = read_maps([member for member, _ in pairs], image_id)
        prob = enlarge(average(maps, [weight for _, weight in pairs]), self.how.shape)
        true = self.truth[image_id].mask().astype(bool)
        mask = prob >= bottom
        processed = [postprocess(mask, option) for option in OPTIONS]
        areas = np.array([mask.sum() for mask in processed])
        shared = np.array([(mask & true).sum() for mask in processed])
        scores = scores_of(self.metric, iou(areas, shared, true.sum()))
        return scores - scores[0]
