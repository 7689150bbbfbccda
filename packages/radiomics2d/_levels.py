"""Discretise an image region to the grey levels of the texture matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiomics2d._errors import BadRegion
from radiomics2d._kernels import paint, value_counts

MOST_BINS = 65_000
"""Largest number of bins; grey levels are 16-bit, with a margin for rounding."""

MOST_LEVELS = 4096
"""Largest number of occurring levels; the size of a co-occurrence matrix is its square."""

LARGEST = 1e60
"""Largest pixel magnitude with a finite fourth moment."""


@dataclass(frozen=True)
class Region:
    """The pixels of a region, by value and by grey level.

    Attributes:
        values: the distinct pixel values, float64 `(v,)`, rising.
        counts: number of pixels with each value, int64 `(v,)`.
        levels: the grey levels that occur, from 1, int64 `(n,)`, rising.
        sizes: number of pixels with each level, int64 `(n,)`.
        ranks: uint16 `(h + 2 * pad, w + 2 * pad)` of the region's bounding box: k + 1 where a
            pixel has `levels[k]`, 0 outside the region and in the border.
        pad: width of that border.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    levels: NDArray[np.int64]
    sizes: NDArray[np.int64]
    ranks: NDArray[np.uint16]
    pad: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the bounding box."""
        height, width = self.ranks.shape
        return height - 2 * self.pad, width - 2 * self.pad


def cropped(
    image: NDArray[np.generic], mask: NDArray[np.generic] | None
) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
    """Return the image and the mask, uint8 of 0 and 1, in the bounding box of the region.

    Raises:
        BadRegion: the region is empty.
    """
    inside = (np.ones(image.shape, np.bool_) if mask is None else mask != 0).view(np.uint8)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not rows.size or not columns.size:
        raise BadRegion("the region holds no pixel: give a mask that is nonzero somewhere")
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    # Always a C-ordered copy: numba would compile the kernels again for any other layout.
    return np.array(image[box], order="C"), np.ascontiguousarray(inside[box])


def discretised(
    image: NDArray[np.generic],
    inside: NDArray[np.uint8],
    pad: int,
    bin_width: float | None,
    bin_count: int | None,
) -> Region:
    """Return the region with its grey levels; arguments as `cropped` and `features` give them."""
    codes, lowest = _codes(image, inside)
    if codes is None:
        return _of_floats(image, inside, pad, bin_width, bin_count)
    size = 1 << 8 * codes.itemsize
    counts = value_counts(codes, inside, size)
    found = np.flatnonzero(counts)
    values = found.astype(np.float64) + lowest
    binned = np.digitize(values, _edges(values, bin_width, bin_count))
    levels, sizes, rank = _ranked(binned, counts[found])
    table = np.zeros(size, np.uint16)
    table[found] = rank
    ranks = _blank(inside.shape, pad)
    paint(ranks, codes, inside, table, pad)
    return Region(values, counts[found], levels, sizes, ranks, pad)


def _codes(
    image: NDArray[np.generic], inside: NDArray[np.uint8]
) -> tuple[NDArray[np.generic] | None, int]:
    """Return the image as 8 or 16 bit codes, or None, and the offset subtracted from it."""
    if image.dtype == np.bool_:
        return image.view(np.uint8), 0
    if image.dtype in (np.uint8, np.uint16):
        return image, 0
    if not np.issubdtype(image.dtype, np.integer):
        return None, 0
    pixels = image[inside != 0]
    lowest = int(pixels.min())
    if int(pixels.max()) - lowest > np.iinfo(np.uint16).max:
        return None, 0
    # Only pixels outside the region can wrap around; they are never read.
    return image.astype(np.uint16) - np.array(lowest).astype(np.uint16), lowest


def _of_floats(
    image: NDArray[np.generic],
    inside: NDArray[np.uint8],
    pad: int,
    bin_width: float | None,
    bin_count: int | None,
) -> Region:
    """Return the region of an image whose values cannot be counted in a table."""
    where = inside != 0
    # The edges of a fixed bin count have the precision of the image, as in numpy.histogram.
    single = image.dtype.newbyteorder("=") == np.float32
    pixels = image[where].astype(np.float32 if single else np.float64)
    if not np.isfinite(pixels).all() or float(np.abs(pixels).max()) > LARGEST:
        raise ValueError(f"image must be finite and below {LARGEST:g} in the region")
    values, counts = np.unique(pixels, return_counts=True)
    edges = _edges(values, bin_width, bin_count)
    levels, sizes, _ = _ranked(np.digitize(values, edges), counts)
    ranks = _blank(inside.shape, pad)
    place = ranks[pad : pad + inside.shape[0], pad : pad + inside.shape[1]]
    place[where] = np.searchsorted(levels, np.digitize(pixels, edges)) + 1
    return Region(values.astype(np.float64), counts, levels, sizes, ranks, pad)


def _blank(shape: tuple[int, ...], pad: int) -> NDArray[np.uint16]:
    return np.zeros((shape[0] + 2 * pad, shape[1] + 2 * pad), np.uint16)


def _edges(
    values: NDArray[np.floating], bin_width: float | None, bin_count: int | None
) -> NDArray[np.floating]:
    """Return the lower edges of the bins as in `getBinEdges` of pyradiomics 3.0.1.

    A fixed width counts from the highest multiple of the width that is not above the minimum; a
    fixed count divides the range evenly and takes the maximum into the last bin.
    """
    if bin_count is not None:
        half = 0.5 if values[0] == values[-1] else 0.0
        low, high = float(values[0]) - half, float(values[-1]) + half
        edges = np.linspace(low, high, int(bin_count) + 1).astype(values.dtype)
        edges[-1] += 1
        return edges
    width = 25.0 if bin_width is None else float(bin_width)
    low, high = float(values[0]), float(values[-1])
    low -= low % width
    if (high - low) / width >= MOST_BINS:
        raise ValueError(f"bin_width {width:g} makes more than {MOST_BINS} bins: widen it")
    edges = np.arange(low, high + 2 * width, width)
    return edges if edges.size > 1 else np.array([low - 0.5, low + 0.5])


def _ranked(
    binned: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the occurring levels, their pixel counts, and the rank (from 1) of every value."""
    levels, place = np.unique(binned, return_inverse=True)
    if levels.size > MOST_LEVELS:
        raise ValueError(f"{levels.size} grey levels, more than {MOST_LEVELS}: use fewer bins")
    return levels, np.bincount(place, counts).astype(np.int64), place + 1
