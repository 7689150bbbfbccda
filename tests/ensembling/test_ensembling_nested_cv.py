"""The honest score against a nested loop written out, which draws and judges every mask."""

from collections.abc import Callable

import numpy as np
import pytest

import ensembling
import rlemask
from ensembling.evaluation.nested_cv import EMPTY, TRIPLET, NestedCV
from ensembling.rules.postprocess import NONE
from ensembling.rules.thresholds import Thresholds
from ensembling.rules.triplet_search import best_triplet
from ensembling.selection.postprocess_search import PostprocessSearch
from tests.metrics import METRICS, dice, tgs

SHAPE = (48, 48)
Rule = Callable[[str], float]
"""From an image to its score."""


class Nested:
    """The rules "no mask" and "triplet" for one member, chosen inside each part."""

    def __init__(self, scene) -> None:
        self.scene, self.folds, [self.member] = scene, scene.folds, scene.members

    def triplet(self, ids: list[str]) -> Rule:
        """Fit thresholds on `ids`."""
        truth = [self.scene.truth[i] for i in ids]
        looked = [
            ensembling.levels(self.member.maps[i], true, self.scene.metric)
            for i, true in zip(ids, truth, strict=True)
        ]
        empty = np.array([[not true.area] for true in truth])
        area = np.array([area for area, _ in looked], np.int32)
        gain = np.array([score for _, score in looked]) - empty
        return self.drawn_by(best_triplet(area, gain, SHAPE[0] * SHAPE[1])[1])

    def drawn_by(self, thresholds: Thresholds) -> Rule:
        """Return the rule that draws masks with `thresholds`."""

        def score(image_id: str) -> float:
            mask = thresholds.mask(ensembling.enlarge(self.member.maps[image_id], SHAPE))
            drawn = rlemask.empty(SHAPE) if mask is None else rlemask.runs_of(mask)
            return float(self.scene.metric(np.array(self.scene.truth[image_id].iou(drawn))))

        return score

    def nothing(self, _ids: list[str]) -> Rule:
        """Return the rule that predicts nothing."""
        return lambda image_id: float(not self.scene.truth[image_id].area)

    def outside(self, *folds: int) -> list[str]:
        """Return the images of the other folds."""
        return list(self.folds.index[~self.folds.isin(folds)])

    def chosen(self, *without: int) -> Rule:
        """Choose by cross-validation over the folds that are left, and fit on all of them."""
        ids = self.outside(*without)
        judged = [
            np.mean([fit(self.outside(*without, self.folds[i]))(i) for i in ids])
            for fit in (self.nothing, self.triplet)
        ]
        fit = self.triplet if judged[1] > judged[0] else self.nothing
        return fit(ids)

    def honest(self) -> float:
        """Return the score of each image by a rule that has not seen its fold, corrected."""
        ids = list(self.folds.index)
        whole = self.chosen()
        rules = {fold: self.chosen(fold) for fold in self.folds.unique()}
        held_out = np.mean([rules[self.folds[i]](i) for i in ids])
        share = self.folds.value_counts(normalize=True)
        others = sum(share[f] * np.mean([rule(i) for i in ids]) for f, rule in rules.items())
        return held_out + np.mean([whole(i) for i in ids]) - others


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("noise", [0.5, 1.5])
def test_the_honest_score_equals_the_loop(new_scene, monkeypatch, metric, noise) -> None:
    monkeypatch.setattr(NestedCV, "rules", lambda self, without=frozenset(): (EMPTY, TRIPLET))
    monkeypatch.setattr(PostprocessSearch, "choose", lambda self, *_: NONE)
    scene = new_scene(30, noise=noise, metric=METRICS[metric])
    scene.members = scene.members[:1]
    nested = _remembering(Nested(scene))
    blend = scene.fit(resamples=2)
    assert blend.score_honest == pytest.approx(nested.honest(), abs=1e-10)
    assert any(row["rule"] == TRIPLET for row in blend.by_fold)


def _remembering(nested: Nested) -> Nested:
    """Fit each part once."""
    known: dict[tuple[str, ...], Rule] = {}
    fit = nested.triplet

    def triplet(ids: list[str]) -> Rule:
        if tuple(ids) not in known:
            known[tuple(ids)] = fit(ids)
        return known[tuple(ids)]

    nested.triplet = triplet
    return nested


def test_another_metric_makes_another_rule(new_scene) -> None:
    """A mask that just overlaps is worth something to Dice and nothing to the thresholds."""
    strict, lenient = (
        new_scene(60, noise=0.5, p_noise=30.0, metric=metric).fit() for metric in (tgs, dice)
    )
    assert strict.thresholds != lenient.thresholds
    assert strict.score_in_sample < lenient.score_in_sample
    assert strict.score_empty == lenient.score_empty


@pytest.mark.parametrize("metric", METRICS)
def test_the_order_of_the_images_changes_no_bit(new_scene, metric: str) -> None:
    scene = new_scene(60, metric=METRICS[metric])
    before = scene.fit(weights={"run0": 1, "run1": 1})
    order = np.random.default_rng(0).permutation(60)
    scene.folds, scene.groups = scene.folds.iloc[order], scene.groups.iloc[order]
    after = scene.fit(weights={"run0": 1, "run1": 1})
    for rule in (EMPTY, TRIPLET):
        assert after.candidates[rule] == before.candidates[rule]
        assert after.candidates_in_sample[rule] == before.candidates_in_sample[rule]
