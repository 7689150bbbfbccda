"""The score of blends that are fitted with the annotations of a part of the images."""

import numpy as np
import pytest

import ensembling
import rlemask
from tests.metrics import METRICS


def score(scene, part, **options):
    options = {"resamples": 200, "workers": 1, **options}
    return ensembling.score_of_part(
        scene.members, scene.truth, scene.folds, part, scene.groups, metric=scene.metric, **options
    )


@pytest.mark.parametrize("metric", METRICS)
def test_with_all_annotations_it_is_nested_cross_validation(scene, metric: str) -> None:
    scene.metric, scene.members = METRICS[metric], scene.members[:1]
    found, images = score(scene, scene.folds.index)
    blend, honest = scene.judged()
    assert images["score"].tolist() == pytest.approx(honest["score"].tolist(), abs=1e-12)
    assert images["predicted"].tolist() == honest["predicted"].tolist()
    assert found.score == pytest.approx(blend.score_honest - blend.correction, abs=1e-12)
    assert found.score_empty == pytest.approx(blend.score_empty)
    assert found.positive_score == pytest.approx(blend.positive_score)
    assert found.rules == tuple(row["rule"] for row in blend.by_fold)
    width = found.interval[1] - found.interval[0], blend.interval[1] - blend.interval[0]
    assert width[0] == pytest.approx(width[1], rel=0.1)


def test_other_annotations_are_not_used(new_scene) -> None:
    scene = new_scene(120)
    part = scene.folds.index[:60]
    found, _ = score(scene, part, resamples=2)
    empty = rlemask.empty((48, 48))
    wrong = {i: mask if i in part else empty for i, mask in scene.truth.items()}
    true, scene.truth = scene.truth, wrong
    again, images = score(scene, part, resamples=2)
    assert again.rules == found.rules
    scene.truth = true
    both, right = score(scene, part, resamples=2)
    assert both == found
    assert images["predicted"].tolist() == right["predicted"].tolist()
    assert images.loc[part, "score"].tolist() == right.loc[part, "score"].tolist()


def test_few_annotations_do_not_end_it(new_scene) -> None:
    scene = new_scene(120)
    few = [scene.folds.index[scene.folds == fold][k] for fold in range(4) for k in range(6)]
    found, images = score(scene, few)
    assert len(images) == 120
    assert 0 <= found.interval[0] <= found.score <= found.interval[1] <= 1


def test_two_folds_are_refused(scene) -> None:
    scene.folds = (scene.folds > 1).astype(int)
    with pytest.raises(ensembling.InputError, match="at least 3 folds"):
        score(scene, scene.folds.index)


def test_without_maps_every_mask_is_empty(scene) -> None:
    scene.members = [ensembling.Member("p", scene.members[0].p)]
    found, images = score(scene, scene.folds.index[:30])
    assert found.score == found.score_empty
    assert not np.any(images["predicted"])
