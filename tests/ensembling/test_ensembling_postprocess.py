"""What is done to masks after the cut, against scikit-image and scipy, and when it is done."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import label, regionprops

from ensembling.rules.postprocess import NONE, OPTIONS, postprocess


def masks(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=tuple(rng.integers(1, 60, 2))), 1.5)
    return noise > np.quantile(noise, rng.uniform(0.3, 0.95))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 9999))
def test_options_equal_other_libraries(seed: int) -> None:
    mask = masks(seed)
    eight = np.ones((3, 3))
    # Holes are joined by sides where lesions are joined by corners too.
    assert (postprocess(mask, "holes filled") == ndimage.binary_fill_holes(mask)).all()
    labels, count = ndimage.label(mask, eight)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    for option, kept in (("largest piece", 1), ("largest two pieces", 2)):
        wanted = np.sort(areas)[::-1][:kept].sum()
        assert postprocess(mask, option).sum() == wanted
    kept = [k + 1 for k, area in enumerate(areas) if area >= 0.1 * areas.max(initial=0)]
    assert (postprocess(mask, "small pieces dropped") == np.isin(labels, kept)).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 9999))
def test_convex_pieces_are_nearly_scikit_images(seed: int) -> None:
    mask = masks(seed)
    expected = mask.copy()
    for piece in regionprops(label(mask, connectivity=2)):
        if min(piece.image.shape) > 2:
            expected[piece.slice] |= piece.image_convex
    hulls = postprocess(mask, "convex pieces")
    assert (hulls | mask == hulls).all()
    border = ndimage.binary_dilation(expected, np.ones((3, 3)))
    assert (hulls <= border).all()


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", [False, True])
def test_empty_and_full_masks_stay(option: str, value: bool) -> None:
    mask = np.full((9, 7), value)
    assert (postprocess(mask, option) == mask).all()


def with_specks(scene) -> None:
    """Add what no lesion has: bright specks, far from it, in every map with a lesion."""
    rng = np.random.default_rng(0)
    for member in scene.members:
        for image_id, prob in member.maps.items():
            if scene.truth[image_id].area:
                prob = prob.copy()
                prob[rng.integers(0, 24, 12), rng.integers(0, 24, 12)] = 255
                member.maps[image_id] = prob


def test_specks_are_dropped_where_they_do_harm(new_scene) -> None:
    scene = new_scene(60, noise=0.3)
    before = scene.fit()
    with_specks(scene)
    blend = scene.fit()
    assert before.postprocess == NONE
    assert blend.postprocess != NONE
    assert all(row["postprocess"] != NONE for row in blend.by_fold)
    masks = scene.apply(blend)
    assert scene.scores(masks).mean() == pytest.approx(blend.score_in_sample, abs=1e-12)
    plain = scene.scores(scene.apply(dataclasses.replace(blend, postprocess=NONE))).mean()
    assert blend.score_in_sample > plain + 0.001
