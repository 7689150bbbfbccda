"""Crops, elastic and grid distortions keep within what is configured."""

import dataclasses

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline
from torch.nn import functional as F

from segmenters import Augmentation
from segmenters.augmentation.distortion import (
    ELASTIC_CELLS,
    GRID_CELLS,
    add_elastic,
    affine_maps,
    cell_edges,
    crop_windows,
    draw_geometry,
    elastic_nodes,
    sampling_grid,
)

STILL = Augmentation(flip=0, rotate=0, scale=0, shift=0)

seeds = st.integers(0, 2**40)
shares = st.floats(0.01, 0.9)
some = settings(max_examples=25, deadline=None)


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_rotation_keeps_angles_and_flip_keeps_rows():
    config = dataclasses.replace(STILL, rotate=30, scale=0.3, flip=0.5)
    maps = affine_maps(50, config, source())[:, :, :2]
    columns = (maps[:, :, 0] * maps[:, :, 1]).sum(1)
    torch.testing.assert_close(columns, torch.zeros(50), atol=1e-6, rtol=0)
    signs = torch.sign(torch.linalg.det(maps))
    assert set(signs.tolist()) == {-1.0, 1.0}


@some
@given(seed=seeds, size=st.sampled_from([32, 50, 64]))
def test_the_grid_of_affine_maps_is_that_of_torch(seed, size):
    config = dataclasses.replace(Augmentation(), rotate=180, scale=0.5)
    drawn = draw_geometry(4, config, source(seed))
    expected = F.affine_grid(drawn["maps"], [4, 1, size, size], align_corners=False)
    torch.testing.assert_close(sampling_grid(drawn, size), expected, atol=1e-6, rtol=0)


@some
@given(seed=seeds, crop=shares)
def test_a_crop_window_lies_inside_the_image(seed, crop):
    kept, middle = crop_windows(50, crop, source(seed)).unbind(2)
    assert kept.min() >= 1 - crop - 1e-6
    assert kept.max() <= 1
    assert (middle.abs() + kept).max() <= 1 + 1e-6
    assert kept[:, 0].std() > 0
    assert middle.std() > 0


@some
@given(seed=seeds, elastic=st.floats(0.001, 0.2), size=st.sampled_from([16, 33, 64]))
def test_elastic_moves_no_pixel_farther_than_configured(seed, elastic, size):
    nodes = elastic_nodes(20, elastic, source(seed))
    field = add_elastic(torch.zeros(20, size, size, 2), nodes)
    length = field.norm(dim=3) / 2
    assert length.max() <= elastic * (1 + 1e-5)
    assert length.amax(dim=(1, 2)).max() > 0.3 * elastic
    assert length.amax(dim=(1, 2)).min() < 0.7 * length.max()


@some
@given(seed=seeds, elastic=st.floats(0.001, 0.125))
def test_a_small_elastic_change_folds_nothing(seed, elastic):
    config = dataclasses.replace(STILL, elastic=elastic)
    grid = sampling_grid(draw_geometry(20, config, source(seed)), 64).double()
    along_x, along_y = grid[:, :-1].diff(dim=2), grid[:, :, :-1].diff(dim=1)
    area = along_x[..., 0] * along_y[..., 1] - along_x[..., 1] * along_y[..., 0]
    assert area.min() > 0


def test_the_elastic_field_is_a_cubic_spline():
    nodes = elastic_nodes(1, 0.1, source())
    field = add_elastic(torch.zeros(1, 40, 40, 2), nodes)[0].numpy()
    knots = (np.arange(ELASTIC_CELLS + 7) - 3) / ELASTIC_CELLS
    places = (np.arange(40) + 0.5) / 40
    along_y = BSpline(knots, nodes[0].double().numpy(), 3)(places)
    expected = BSpline(knots, along_y.swapaxes(0, 1), 3)(places).swapaxes(0, 1)
    np.testing.assert_allclose(field, expected, atol=1e-6)


@some
@given(seed=seeds, grid=shares)
def test_cells_keep_the_borders_and_differ_by_the_configured_share(seed, grid):
    edges = cell_edges(50, grid, source(seed)).double()
    assert (edges[:, :, 0] == -1).all()
    assert (edges[:, :, -1] - 1).abs().max() < 1e-6
    change = edges.diff(dim=2) / (2 / GRID_CELLS) - 1
    assert change.abs().max() <= grid + 1e-5
    assert change.abs().max() > 0.5 * grid
    assert change.abs().amax(dim=2).std() > 0.05 * grid


@some
@given(seed=seeds, grid=shares)
def test_grid_distortion_never_folds_and_covers_the_image(seed, grid):
    config = dataclasses.replace(STILL, grid=grid)
    places = sampling_grid(draw_geometry(20, config, source(seed)), 100)
    assert places[..., 0].diff(dim=2).min() > 0
    assert places[..., 1].diff(dim=1).min() > 0
    assert not places[..., 0].diff(dim=1).any()
    assert not places[..., 1].diff(dim=2).any()
    assert places.abs().max() <= 1
    border = places[:, [0, -1]][..., 1].abs()
    assert border.min() >= 1 - (1 + grid) / 100 - 1e-6
