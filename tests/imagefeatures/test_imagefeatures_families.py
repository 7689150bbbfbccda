"""Families for any picture, and the grey values that they look at."""

import numpy as np
import pytest

import imagefeatures
import radiomics2d
from imagefeatures import Grid, Radiomics
from imagefeatures._families import reduced


def test_grid_mean_is_the_mean_of_the_cell(picture: np.ndarray) -> None:
    grey = imagefeatures.normalised(picture)
    features = Grid().compute(picture)
    cell = grey[8:16, 24:32]
    assert features["mean_r1c3"] == pytest.approx(cell.mean(), abs=1e-5)
    assert features["spread_r1c3"] == pytest.approx(cell.std(), abs=1e-4)


def test_radiomics_are_those_of_the_whole_picture(picture: np.ndarray) -> None:
    found = Radiomics(bin_width=8).compute(picture)
    assert found == radiomics2d.features(picture, bin_width=8)
    assert len(found) == 93


def test_normalisation_moves_the_quantiles(picture: np.ndarray) -> None:
    grey = imagefeatures.normalised(picture)
    assert grey.dtype == np.float32
    assert grey.min() == 0
    assert grey.max() == 1
    assert 0.005 < (grey == 0).mean() < 0.05
    assert not imagefeatures.normalised(np.full((40, 40), 9, np.uint8)).any()


def test_large_pictures_are_reduced_and_small_ones_are_not() -> None:
    checker = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 200
    assert (reduced(checker, 32) == 100).all()
    assert reduced(checker, 128) is checker
