"""Random changes of geometry, drawn for each image and composed into one sampling grid.

A grid says where in the input each pixel of the output comes from, in the coordinates of
`torch.nn.functional.grid_sample` without aligned corners: x and y of the image span -1..1. From
the output to the input a pixel goes through the cells of the grid distortion, the crop window,
the affine map, and at last the elastic field.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.groups import Augmentation

GRID_CELLS = 5
"""Cells per side of the grid distortion."""

ELASTIC_CELLS = 4
"""Distances between control points per side. The standard deviation of the spline is then 0.14
of the side, that of Simard et al. (4 of 29 pixels), and nothing folds up to elastic = 0.125."""


def draw_geometry(n: int, config: Augmentation, generator: torch.Generator) -> dict[str, Tensor]:
    """Return what `sampling_grid` needs for `n` images; changes that are off have no entry."""
    drawn = {"maps": affine_maps(n, config, generator)}
    if config.crop:
        drawn["windows"] = crop_windows(n, config.crop, generator)
    if config.grid:
        drawn["edges"] = cell_edges(n, config.grid, generator)
    if config.elastic:
        drawn["nodes"] = elastic_nodes(n, config.elastic, generator)
    return drawn


def sampling_grid(drawn: dict[str, Tensor], size: int) -> Tensor:
    """Return the grid ``(n, size, size, 2)`` of `draw_geometry`'s draws, where these are."""
    maps = drawn["maps"]
    axes = _axes(drawn, size)
    columns = maps[:, :, :1] * axes[:, :1] + maps[:, :, 2:]
    rows = maps[:, :, 1:2] * axes[:, 1:]
    # as complex numbers, x and y are added in one pass over memory
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

    For x and for y: the share of the side that is kept, at least ``1 - crop``, and the middle.
    """
    cut = crop * torch.rand(n, 2, generator=generator)
    middle = cut * uniform(n, 2, generator=generator)
    return torch.stack([1 - cut, middle], dim=2)


def cell_edges(n: int, grid: float, generator: torch.Generator) -> Tensor:
    """Return edges of cells of random widths, rising from -1 to 1, float ``(n, 2, cells + 1)``.

    No width differs from that of equal cells by more than the share `grid`.
    """
    change = uniform(n, 2, GRID_CELLS, generator=generator)
    change = change - change.mean(dim=2, keepdim=True)
    change = change / change.abs().amax(dim=2, keepdim=True).clamp_min(1)
    widths = 2 / GRID_CELLS * (1 + grid * change)
    return F.pad(widths.cumsum(dim=2), (1, 0)) - 1


def elastic_nodes(n: int, elastic: float, generator: torch.Generator) -> Tensor:
    """Return displacements of control points, float ``(n, points, points, 2)``.

    Each image has a random strength up to the share `elastic` of the side, and each of its
    points a random direction.
    """
    points = ELASTIC_CELLS + 3
    strength = 2 * elastic * torch.rand(n, 1, 1, generator=generator)
    angle = math.pi * uniform(n, points, points, generator=generator)
    return torch.stack([strength * torch.cos(angle), strength * torch.sin(angle)], dim=3)


def add_elastic(grid: Tensor, nodes: Tensor) -> Tensor:
    """Add the smooth field between control points to `grid` in its place, and return it.

    The field is a tensor product of uniform cubic B-splines (de Boor 1978) where Simard et al.
    (2003) filter noise with a Gaussian. Each of its values is a weighted mean of control points,
    so no pixel moves farther than one of these.
    """
    (n, points), size = nodes.shape[:2], grid.shape[1]
    basis = _cubic_basis(size, points - 3).to(nodes)
    columns = torch.einsum("sk,njkc->njsc", basis, nodes).reshape(n, points, 2 * size)
    grid.view(n, size, 2 * size).baddbmm_(basis.expand(n, -1, -1), columns)
    return grid


def uniform(*shape: int, generator: torch.Generator) -> Tensor:
    """Return draws from -1..1."""
    return 2 * torch.rand(shape, generator=generator) - 1


def _axes(drawn: dict[str, Tensor], size: int) -> Tensor:
    """Return where crop and grid distortion put columns and rows, ``(n or 1, 2, size)``."""
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
    """Return the middles of `size` pixels as shares of the side."""
    return (torch.arange(size, dtype=torch.float64) + 0.5) / size


def _linear_basis(size: int, cells: int) -> Tensor:
    """Return weights ``(size, cells + 1)`` of the edges of equal cells in each pixel."""
    away = (_centres(size)[:, None] * cells - torch.arange(cells + 1)).abs()
    return (1 - away).clamp_min(0)


def _cubic_basis(size: int, cells: int) -> Tensor:
    """Return weights ``(size, cells + 3)`` of the control points, the first one cell outside."""
    away = (_centres(size)[:, None] * cells - torch.arange(-1, cells + 2)).abs()
    near = 2 / 3 - away**2 + away**3 / 2
    return torch.where(away < 1, near, (2 - away).clamp_min(0) ** 3 / 6)
