"""Whether something should be done to the masks after the cut, decided as honestly as the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

import rlemask
from ensembling._metric import Metric, iou, scores_of
from ensembling.evaluation.bootstrap import standard_error
from ensembling.evaluation.nested_cv import Fitted, Judge, Part, Verdict
from ensembling.maps.averaging import average, enlarge, read_maps
from ensembling.maps.member import Member
from ensembling.maps.reading import Pass, over
from ensembling.rules.postprocess import OPTIONS, PLAIN, finish
from ensembling.selection.weights import Weights


class Finishing:
    """Draws the masks of images that get one, finishes them in every way, and compares.

    Args:
        members: with their maps.
        truth: masks by image id.
        ids: of the images in the order of the judge's evidence.
        metric: of the competition.
        how: to read them.
    """

    def __init__(
        self,
        members: Sequence[Member],
        truth: Mapping[str, rlemask.Runs],
        ids: Sequence[str],
        metric: Metric,
        how: Pass,
    ) -> None:
        self.members, self.truth, self.ids, self.how = members, truth, ids, how
        self.metric = metric
        self._known: dict[tuple[Weights, int, int], np.ndarray] = {}

    def choose(self, judge: Judge, fitted: Fitted, without: Part = frozenset()) -> str:
        """Return the option that gains most on the images outside `without`, or none.

        Only where it gains more than one standard error: the masks are those of a rule that was
        fitted without finishing.
        """
        rows = np.flatnonzero(~np.isin(judge.evidence.fold, list(without)))
        gains = self.gains(judge, fitted, rows)
        best = int(gains.mean(axis=0).argmax())
        error = standard_error(gains[:, best], judge.evidence.group[rows])
        return list(OPTIONS)[best] if gains[:, best].mean() > error else PLAIN

    def left_out(self, judge: Judge, verdict: Verdict) -> tuple[Verdict, list[str]]:
        """Return what `judge.left_out(None)` gave with masks finished, and each fold's option."""
        score, options = verdict.score.copy(), []
        for fold in judge.folds:
            others = frozenset({fold})
            fitted = judge.fit(judge.choose(others), others)
            options.append(self.choose(judge, fitted, others))
            rows = np.flatnonzero(judge.evidence.fold == fold)
            score[rows] += self.gains(judge, fitted, rows)[:, list(OPTIONS).index(options[-1])]
        return replace(verdict, score=score), options

    def gains(self, judge: Judge, fitted: Fitted, rows: np.ndarray) -> np.ndarray:
        """Return what each option adds to the metric of each image, float64 `(n, options)`."""
        table = np.zeros((len(rows), len(OPTIONS)))
        drawn = judge.verdict(fitted, rows).predicted
        bottom, weights = fitted.thresholds.bottom, fitted.weights
        keys = [(weights, bottom, int(row)) for row in rows[drawn]]
        unknown = [key for key in keys if key not in self._known]
        if unknown:
            ids = [self.ids[row] for *_, row in unknown]
            scores = over(
                ids, lambda one: self._scores(one, weights, bottom), self.how, label="finishing"
            )
            self._known |= dict(zip(unknown, scores, strict=True))
        if keys:
            table[drawn] = [self._known[key] for key in keys]
        return table

    def _scores(self, image_id: str, weights: Weights, bottom: int) -> np.ndarray:
        """Return the score after each option less that of the plain cut, float64 `(options,)`."""
        pairs = [(one, weight) for one, weight in zip(self.members, weights, strict=True) if weight]
        maps = read_maps([member for member, _ in pairs], image_id)
        soft = enlarge(average(maps, [weight for _, weight in pairs]), self.how.shape)
        true = self.truth[image_id].mask().astype(bool)
        cut = soft >= bottom
        finished = [finish(cut, option) for option in OPTIONS]
        areas = np.array([mask.sum() for mask in finished])
        shared = np.array([(mask & true).sum() for mask in finished])
        scores = scores_of(self.metric, iou(areas, shared, true.sum()))
        return scores - scores[0]
