import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ensembling


def bilinear(prob: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Pixel centres at half-integers, border repeated: the definition, in float64."""
    along = []
    for out, size in zip(shape, prob.shape, strict=True):
        place = np.clip((np.arange(out) + 0.5) * size / out - 0.5, 0, size - 1)
        low = np.minimum(place.astype(int), size - 1)
        weights = np.zeros((out, size))
        weights[np.arange(out), low] += 1 - (place - low)
        weights[np.arange(out), np.minimum(low + 1, size - 1)] += place - low
        along.append(weights)
    return along[0] @ prob.astype(float) @ along[1].T


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.sampled_from([(64, 64), (50, 70), (41, 41)]), st.integers(0, 99))
def test_enlarging_is_bilinear_between_pixel_centres(
    side: int, shape: tuple[int, int], seed: int
) -> None:
    prob = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    large = ensembling.enlarge(prob, shape)
    assert (large.dtype, large.shape) == (np.uint8, shape)
    assert np.abs(large - bilinear(prob, shape)).max() <= 1


def test_enlarging_equals_torchs_convention() -> None:
    torch = pytest.importorskip("torch")
    prob = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(prob)[None, None].float(), size=(128, 128), mode="bilinear"
    )
    assert np.abs(ensembling.enlarge(prob, (128, 128)) - theirs[0, 0].numpy()).max() <= 1


def test_one_map_is_left_as_it_is() -> None:
    prob = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    assert (ensembling.average([prob], [1.0]) == prob).all()
    assert (ensembling.enlarge(prob, (16, 16)) == prob).all()


@given(st.lists(st.integers(0, 255), min_size=2, max_size=5), st.integers(0, 99))
def test_the_average_is_the_rounded_mean(levels: list[int], seed: int) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(levels)))
    maps = [np.full((2, 2), level, np.uint8) for level in levels]
    mean = float(np.dot(weights, levels))
    assert abs(int(ensembling.average(maps, weights.tolist())[0, 0]) - mean) <= 0.501


def test_maps_of_several_sizes_are_brought_to_the_largest() -> None:
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    large = rng.integers(0, 256, (32, 32), dtype=np.uint8)
    expected = (bilinear(small, (32, 32)) + large) / 2
    found = ensembling.average([small, large], [0.5, 0.5])
    assert found.shape == (32, 32)
    assert np.abs(found - expected).max() <= 1.01
