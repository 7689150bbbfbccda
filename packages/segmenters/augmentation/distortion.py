"""Random geometric changes, drawn for each image and composed into one sampling grid.

A grid holds the input position of each output pixel, in the coordinates of
`torch.nn.functional.grid_sample` without aligned corners: x and y of the image span -1..1. From
output to input, positions are mapped by the grid distortion, the crop window, the affine map and
the elastic field, in this order.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.groups import Augmentation

GRID_CELLS = 5
"""Cells per side of the grid distortion."""

ELASTIC_CELLS = 4
"""Intervals between control points per side. The standard deviation of the spline is then 0.14
of the side, as in Simard et al. (4 of 29 pixels), and the map is free of folds up to
elastic = 0.125."""


def draw_geometry(n: int, config: Augmentation, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the random parameters of `n` images by name; disabled changes have no entry."""
    drawn = {"maps": affine_maps(n, config, generator)}
    if config.crop:
        drawn["windows"] = crop_windows(n, config.crop, generator)
    if config.grid:
        drawn["edges"] = cell_edges(n, config.grid, generator)
    if config.elastic:
        drawn["nodes"] = elastic_nodes(n, config.elastic, generator)
    return drawn


def sampling_grid(drawn: dict[str, Tensor], size: int) -> Tensor:
    """Return the grid ``(n, size, size, 2)`` for parameters of `draw_geometry`, on their device."""
    maps = drawn["maps"]
    axes = _axes(drawn, size)
    columns = maps[:, :, :1] * axes[:, :1] + maps[:, :, 2:]
    rows = maps[:, :, 1:2] * axes[:, 1:]
    # with complex numbers, x and y are added in one pass over memory
    grid = torch.view_as_real(_complex(columns)[:, None, :] + _complex(rows)[:, :, None])
    return add_elastic(grid, drawn["nodes"]) if "nodes" in drawn else grid


def affine_maps(n: int, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Return random maps from output to input coordinates, float ``(n, 2, 3)``.

    Flip, rotation, scale and shift, in the convention of `torch.nn.functional.affine_grid`.
    """
    angle = math.radians(config.rotate) * uniform(n, generator=generator)
    factor = 1 + config.scale * uniform(n, generator=generator)
    shift = 2 * config.shift * uniform(n, 2, generator=generator)
    flipped = torch.rand(n, generator=generator) < config.flip
    sign = torch.where(flipped, -1.0, 1.0)
    cos, sin = torch.cos(angle) * factor, torch.sin(angle) * factor
    rows = [sign * cos, -sin, shift[:, 0], sign * sin, cos, shift[:, 1]]
    return torch.stack(rows, dim=1).view(n, 2, 3)


def crop_windows(n: int, crop: float, generator: torch.Generator) -> Tensor:
    """Return random windows inside the image, float ``(n, 2, 2)``.

    For x and for y: the share of the side that is kept, at least ``1 - crop``, and the centre.
    """
    cut = crop * torch.rand(n, 2, generator=generator)
    middle = cut * uniform(n, 2, generator=generator)
    return torch.stack([1 - cut, middle], dim=2)


def cell_edges(n: int, grid: float, generator: torch.Generator) -> Tensor:
    """Return the edges of cells of random widths, from -1 to 1, float ``(n, 2, cells + 1)``.

    Widths differ from those of equal cells by at most the share `grid`.
    """
    change = uniform(n, 2, GRID_CELLS, generator=generator)
    change = change - change.mean(dim=2, keepdim=True)
    change = change / change.abs().amax(dim=2, keepdim=True).clamp_min(1)
    widths = 2 / GRID_CELLS * (1 + grid * change)
    return F.pad(widths.cumsum(dim=2), (1, 0)) - 1


def elastic_nodes(n: int, elastic: float, generator: torch.Generator) -> Tensor:
    """Return displacements of control points, float ``(n, points, points, 2)``.

    Each image has a random strength, at most the share `elastic` of the side, and each control
    point a random direction.
    """
    points = ELASTIC_CELLS + 3
    strength = 2 * elastic * torch.rand(n, 1, 1, generator=generator)
    angle = math.pi * uniform(n, points, points, generator=generator)
    return torch.stack([strength * torch.cos(angle), strength * torch.sin(angle)], dim=3)


def add_elastic(grid: Tensor, nodes: Tensor) -> Tensor:
    """Add the elastic displacement field to `grid` in place, and return `grid`.

    The field is a tensor product of uniform cubic B-splines (de Boor 1978); Simard et al. (2003)
    filter noise with a Gaussian instead. Its values are weighted means of the control points'
    displacements, so no pixel is displaced by more than their largest.
    """
    (n, points), size = nodes.shape[:2], grid.shape[1]
    basis = _cubic_basis(size, points - 3).to(nodes)
    columns = torch.einsum("sk,njkc->njsc", basis, nodes).reshape(n, points, 2 * size)
    grid.view(n, size, 2 * size).baddbmm_(basis.expand(n, -1, -1), columns)
    return grid


def uniform(*shape: int, generator: torch.Generator) -> Tensor:
    """Return uniform random numbers in -1..1 of the given shape."""
    return 2 * torch.rand(shape, generator=generator) - 1


def _axes(drawn: dict[str, Tensor], size: int) -> Tensor:
    """Return columns' x and rows' y after crop and grid distortion, ``(n or 1, 2, size)``."""
    like = drawn["maps"]
    if "edges" in drawn:
        axes = drawn["edges"] @ _linear_basis(size, GRID_CELLS).to(like).T
    else:
        axes = (2 * _centres(size) - 1).to(like).expand(1, 2, size)
    if "windows" in drawn:
        kept, middle = drawn["windows"].split(1, dim=2)
        axes = axes * kept + middle
    return axes


def _complex(planes: Tensor) -> Tensor:
    """Return ``(n, 2, size)`` as complex numbers ``(n, size)``."""
    return torch.complex(planes[:, 0], planes[:, 1])


def _centres(size: int) -> Tensor:
    """Return the centres of `size` pixels as shares of the side."""
    return (torch.arange(size, dtype=torch.float64) + 0.5) / size


def _linear_basis(size: int, cells: int) -> Tensor:
    """Return linear interpolation weights of cell edges at pixel centres, ``(size, cells + 1)``."""
    away = (_centres(size)[:, None] * cells - torch.arange(cells + 1)).abs()
    return (1 - away).clamp_min(0)


def _cubic_basis(size: int, cells: int) -> Tensor:
    """Return cubic B-spline weights of control points at pixel centres, ``(size, cells + 3)``.

    The first control point lies one cell outside the image.
    """
    away = (_centres(size)[:, None] * cells - torch.arange(-1, cells + 2)).abs()
    near = 2 / 3 - away**2 + away**3 / 2
    return torch.where(away < 1, near, (2 - away).clamp_min(0) ** 3 / 6)
