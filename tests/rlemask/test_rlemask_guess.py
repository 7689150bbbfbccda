"""Texts in another form than their dialect's are recognised, and no text in its own is."""

import os
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

import contest
import rlemask

DIALECTS = {"siim": (1024, 1024), "kaggle": (101, 101), "siim-rows": (96, 224)}
"""Dialects of pairs, and the shape of their images here."""


def blobs(shape: tuple[int, int], count: int = 12) -> list[np.ndarray]:
    """Return masks of several smooth regions with holes and rough borders."""
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        smooth = cv2.resize(rng.normal(0, 1, (8, 8)), shape[::-1], interpolation=cv2.INTER_CUBIC)
        field = smooth + 0.15 * cv2.GaussianBlur(rng.normal(0, 3, shape), (0, 0), 1.5)
        made.append((field > 1.0).astype(np.uint8))
    return made


def ellipses(shape: tuple[int, int], count: int = 12) -> list[np.ndarray]:
    """Return masks of one region each, somewhere in the image."""
    down, across = (axis / side for axis, side in zip(np.indices(shape), shape, strict=True))
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        y, x, high, wide = rng.uniform((0.2, 0.3, 0.1, 0.1), (0.8, 0.9, 0.3, 0.3))
        made.append((((down - y) / high) ** 2 + ((across - x) / wide) ** 2 < 1).astype(np.uint8))
    return made


def resized(masks: list[np.ndarray], shape: tuple[int, int]) -> list[np.ndarray]:
    return [cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST) for mask in masks]


def other(dialect: str) -> str:
    """Return the dialect with relative starts for absolute ones, and the reverse."""
    parts = dialect.split("-")
    return "-".join([{"siim": "kaggle", "kaggle": "siim"}[parts[0]], *parts[1:]])


def guessed(texts: list[str], dialect: str, shape: tuple[int, int]) -> str:
    found = rlemask.guess_form(texts, shape, dialect)
    return "" if found is None else found.words


@pytest.mark.parametrize(("dialect", "shape"), DIALECTS.items())
def test_masks_in_their_own_form_are_not_suspected(dialect: str, shape: tuple[int, int]) -> None:
    own = [rlemask.encode(mask, dialect) for mask in [*blobs(shape), *ellipses(shape)]]
    assert guessed(own, dialect, shape) == ""
    assert guessed([*own[:1], "", "-1", "1 2", "1 x", "9" * 400], dialect, shape) == ""
    assert guessed([], dialect, shape) == ""


@pytest.mark.parametrize(("dialect", "shape"), DIALECTS.items())
@pytest.mark.parametrize("share", [0.002, 0.02, 0.3])
def test_noise_is_not_suspected(dialect: str, shape: tuple[int, int], share: float) -> None:
    noise = [np.random.default_rng(seed).random(shape) < share for seed in range(4)]
    texts = [rlemask.encode(one.astype(np.uint8), dialect) for one in noise]
    assert guessed(texts, dialect, shape) == ""


@pytest.mark.parametrize("dialect", ["siim", "kaggle"])
def test_starts_and_heights_of_another_form_are_recognised(dialect: str) -> None:
    shape = DIALECTS[dialect]
    wrong = "absolute starts" if dialect == "siim" else "starts relative to the end of the run"
    for height, starts in product((shape[0], 128, 256, 512, 2048), (dialect, other(dialect))):
        if (height, starts) == (shape[0], dialect):
            continue
        masks = resized(ellipses(shape), (height, height))
        found = guessed([rlemask.encode(mask, starts) for mask in masks], dialect, shape)
        assert (wrong in found) == (starts != dialect), (height, starts, found)
        if starts == dialect:
            assert found == f"images of a height of {height} pixels, not {shape[0]}"


def test_the_case_of_one_text_for_all_images() -> None:
    text = " ".join(f"{5000 + k * 1024} 20" for k in range(30))
    found = rlemask.guess_form(["-1", text, text], (1024, 1024), "siim")
    assert found == rlemask.Guess("absolute starts", texts=2, decided=2, row=1)
    assert rlemask.guess_form([text], (1024, 1024), "kaggle") is None
    assert rlemask.guess_form([text], (1024, 1024), "coco") is None


def test_pixels_numbered_from_0_are_recognised_by_runs_at_the_border() -> None:
    masks = blobs((101, 101), 40)
    for mask in masks:
        mask[:9, 30:60] = 1
    texts = [rlemask.encode(mask, "kaggle") for mask in masks]
    zero = [" ".join(str(int(n) - 1 + k % 2) for k, n in enumerate(t.split())) for t in texts]
    assert guessed(texts, "kaggle", (101, 101)) == ""
    assert guessed(zero, "kaggle", (101, 101)) == "pixels numbered from 0, not 1"


@pytest.mark.parametrize(
    ("name", "variable", "file"),
    [
        ("siim_acr_pneumothorax", "SIIM_DATA", "train-rle.csv"),
        ("siim_acr_pneumothorax", "SIIM_DATA", "stage-1-train-rle.csv.gz"),
        ("tgs_salt", "TGS_DATA", "train.csv"),
    ],
)
def test_no_real_annotation_is_suspected_and_most_in_another_form_are(
    name: str, variable: str, file: str
) -> None:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no folder with the real data")
    spec = contest.load(name)
    table = contest.read_annotations(Path(folder) / file, spec)
    texts = [text for text in table["rle"] if text != spec.empty]
    assert all(rlemask.guess_form([text], spec.shape, spec.dialect) is None for text in texts)
    runs = rlemask.parse_column(texts, spec.shape, spec.dialect)
    swapped = [rlemask.encode(one, other(spec.dialect)) for one in runs if len(one) >= 8]
    found = [rlemask.guess_form([text], spec.shape, spec.dialect) for text in swapped]
    assert sum(one is not None for one in found) > 0.9 * len(swapped)
