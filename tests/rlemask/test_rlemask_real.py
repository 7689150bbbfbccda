"""All real annotation rows of the competition."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pycocotools import mask as coco

import rlemask

SIIM = (1024, 1024), "siim"


def test_every_stage_1_row(real_rows: pd.DataFrame) -> None:
    assert len(real_rows) == 11_582
    for text in real_rows.rle:
        runs = rlemask.parse(text, *SIIM)
        assert rlemask.encode(runs) == text.strip()
        assert rlemask.encode(runs.mask()) == text.strip()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_sees_the_same_masks(real_rows: pd.DataFrame) -> None:
    """Every positive row: the winners' arithmetic into COCO counts, then their mask and ours."""
    for text in real_rows.rle:
        if text.strip() == "-1":
            assert rlemask.parse(text, *SIIM).area == 0
            continue
        numbers = [int(token) for token in text.split()]
        rest = 1024 * 1024 - sum(numbers)
        assert rest >= 0
        plain = {"counts": [*numbers, rest] if rest else numbers, "size": [1024, 1024]}
        theirs = coco.frPyObjects(plain, 1024, 1024)
        runs = rlemask.parse(text, *SIIM)
        assert rlemask.encode(runs, "coco-compressed").encode() == theirs["counts"]
        assert runs.area == coco.area(theirs)
        assert np.array_equal(runs.mask(), coco.decode(theirs))


def test_images_of_several_rows(real_rows: pd.DataFrame) -> None:
    several = real_rows.groupby("image_id").rle.apply(list)
    several = several[several.map(len) > 1]
    assert len(several) == 624
    overlapping = 0
    for texts in several:
        separate = sum(rlemask.parse(text, *SIIM).area for text in texts)
        united = rlemask.parse(texts, *SIIM).area
        overlapping += united < separate
        assert united == rlemask.decode(texts).sum()
    assert overlapping == 183


def test_the_training_rows(siim_folder: Path) -> None:
    rows = pd.read_csv(siim_folder / "train-rle.csv", skipinitialspace=True, dtype=str)
    areas = rlemask.area_column(rows.EncodedPixels, *SIIM)
    images = pd.Series(areas > 0).groupby(rows.ImageId).any()
    assert (len(images), images.sum()) == (1000, 221)
