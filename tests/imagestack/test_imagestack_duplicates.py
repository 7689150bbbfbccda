"""Doubles are found, others are not, whichever way the search is cut; imagehash agrees."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy.stats import spearmanr

import imagestack
from imagestack._duplicates import _close_pairs, difference_hashes
from imagestack._files import find_files

WAYS = (imagehash.dhash, imagehash.dhash_vertical)


@dataclass
class Stack:
    """Pictures in memory, as a cache shows them."""

    ids: list[str]
    pixels: np.ndarray


def variants(picture: np.ndarray) -> dict[str, np.ndarray]:
    """The same picture after what happens to pictures on their way."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return {
        "original": picture,
        "recompressed": cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE),
        "darker": (picture * 0.6).astype(np.uint8),
        "softer": cv2.resize(small, picture.shape[::-1], interpolation=cv2.INTER_LINEAR),
    }


def pictures(count: int, side: int = 128) -> np.ndarray:
    rng = np.random.default_rng(5)
    coarse = rng.random((count, 12, 12)).astype(np.float32)
    grown = [cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in coarse]
    return np.clip(np.stack(grown) * 220, 0, 255).astype(np.uint8)


def test_variants_of_a_picture_are_found_and_others_are_not() -> None:
    others = pictures(30)
    copies = variants(others[7])
    stack = Stack(
        [*map(str, range(30)), *copies], np.concatenate([others, np.stack([*copies.values()])])
    )
    found = {frozenset(pair[:2]) for pair in imagestack.near_duplicates(stack)}
    family = ["7", *copies]
    assert found == {frozenset((a, b)) for a in family for b in family if a < b}
    distances = [pair.distance for pair in imagestack.near_duplicates(stack)]
    assert distances == sorted(distances)
    assert distances[0] == 0.0


@pytest.mark.parametrize(("rows", "room"), [(7, 65_536), (256, 1), (3, 2)])
def test_pairs_do_not_depend_on_the_blocks(
    rows: int, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack([*map(str, range(60))], np.tile(pictures(20), (3, 1, 1)))
    whole = imagestack.near_duplicates(stack)
    assert len(whole) == 60
    monkeypatch.setattr("imagestack._duplicates.ROWS", rows)
    monkeypatch.setattr("imagestack._duplicates.ROOM", room)
    assert imagestack.near_duplicates(stack) == whole


@settings(max_examples=30)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(0, 30), st.just(16)), elements=st.integers(0, 255)),
    st.integers(0, 128),
)
def test_close_pairs_are_those_of_plain_numpy(hashes: np.ndarray, limit: int) -> None:
    bits = np.unpackbits(hashes, axis=1)
    differing = (bits[:, None] != bits[None]).sum(axis=2)
    wanted = [(i, j, d) for (i, j), d in np.ndenumerate(differing) if i < j and d <= limit]
    found = [tuple(row) for block in _close_pairs(hashes.view(np.uint64), limit) for row in block]
    assert sorted(found) == wanted


@settings(max_examples=20)
@given(hnp.arrays(np.uint8, (17, 17)))
def test_the_bits_are_those_of_imagehash(picture: np.ndarray) -> None:
    """At 17 pixels nobody resamples, so the bits must be equal, not only alike."""
    hashes, _ = difference_hashes(picture[None])
    across, down = np.unpackbits(hashes[0]).astype(bool).reshape(2, 16, 16)
    theirs = imagehash.dhash(Image.fromarray(picture[:-1]), hash_size=16)
    assert np.array_equal(across, theirs.hash)
    theirs = imagehash.dhash_vertical(Image.fromarray(picture[:, :-1].copy()), hash_size=16)
    assert np.array_equal(down, theirs.hash)


def distances(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the differing bits of all pairs, ours and imagehash's of both directions."""
    ours = np.unpackbits(difference_hashes(pixels)[0], axis=1)
    opened = [Image.fromarray(picture) for picture in pixels]
    theirs = np.stack(
        [np.concatenate([way(one, 16).hash.ravel() for way in WAYS]) for one in opened]
    )
    first, second = np.triu_indices(len(pixels), 1)
    return tuple((bits[first] != bits[second]).sum(axis=1) for bits in (ours, theirs))


def agree(pixels: np.ndarray, family: np.ndarray) -> None:
    """Both hashes put all pairs within a family before all others, and rank all pairs alike."""
    ours, theirs = distances(pixels)
    first, second = np.triu_indices(len(pixels), 1)
    copies = family[first] == family[second]
    limit = imagestack._duplicates.NEAR * 512
    for found in (ours, theirs):
        assert found[copies].max() <= limit < found[~copies].min()
    assert spearmanr(ours, theirs).statistic > 0.9


def with_variants(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures and their variants, and the number of the picture of each."""
    grown = np.concatenate([np.stack([*variants(picture).values()]) for picture in pixels])
    return grown, np.repeat(np.arange(len(pixels)), len(grown) // len(pixels))


def test_imagehash_finds_the_same_copies() -> None:
    agree(*with_variants(pictures(12)))


def test_empty_pictures_are_no_duplicates() -> None:
    stack = Stack(["a", "b"], np.zeros((2, 64, 64), np.uint8))
    assert imagestack.near_duplicates(stack) == []


def test_real_pictures_have_no_false_doubles(siim: Path) -> None:
    names, _ = find_files(siim)
    chosen = names[::10]
    stack = Stack(chosen, np.stack([imagestack.read_image(siim / name, 128) for name in chosen]))
    assert imagestack.near_duplicates(stack) == []
    copies = variants(stack.pixels[0])
    family = Stack([*copies], np.stack([*copies.values()]))
    assert len(imagestack.near_duplicates(family)) == 6


def test_exact_doubles() -> None:
    frame = pd.DataFrame({"digest": ["x", "y", "x", "z", "y", "x"]}, index=list("fedcba"))
    assert imagestack.exact_duplicates(frame) == [["a", "d", "f"], ["b", "e"]]


def test_imagehash_finds_the_same_copies_of_real_pictures(siim: Path) -> None:
    names, _ = find_files(siim)
    agree(*with_variants(np.stack([imagestack.read_image(siim / n, 256) for n in names[::50]])))
