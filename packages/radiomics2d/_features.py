"""Radiomic features of a region, with the definitions and names of pyradiomics."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiomics2d._firstorder import firstorder
from radiomics2d._glcm import glcm
from radiomics2d._levels import MOST_BINS, Region, cropped, discretised
from radiomics2d._neighbours import gldm, neighbourhood, ngtdm
from radiomics2d._runs import glrlm, glszm


def features(
    image: ArrayLike,
    mask: ArrayLike | None = None,
    bin_width: float | None = None,
    bin_count: int | None = None,
    distances: Sequence[int] = (1,),
) -> dict[str, float]:
    """Return the 93 features of a region as pyradiomics 3.0.1 computes them with `force2D`.

    Names are `firstorder_Mean`, `glcm_Contrast`, `glrlm_...`, `glszm_...`, `gldm_...` and
    `ngtdm_...`. All features are returned, in a fixed order, and finite. The image is not
    resampled; a pixel has an area of 1. A constant region has Correlation and MCC 1, Coarseness
    1e6, and 0 for measures of spread (entropies are 0 up to rounding).

    Args:
        image: `(h, w)`, bool, integer or floating. Integers that span at most 16 bits in the
            region are fastest: 1024 x 1024 in uint8 take 29 ms on one core of an AMD EPYC.
        mask: `(h, w)`, nonzero in the region; None is the whole image.
        bin_width: width of a grey level, in units of the image; 25 when `bin_count` is not given.
        bin_count: number of grey levels between minimum and maximum, instead of a width.
        distances: distances of neighbours for glcm, gldm and ngtdm, the maximum of row and column
            steps; distance 2 has eight angles.

    Raises:
        BadRegion: the region is empty or has no two neighbouring pixels.
        ValueError: an argument of the wrong shape, type or size; pixels that are not finite; a
            mask with NaN; more than 65000 bins, or 4096 that hold a pixel.
    """
    pixels, shown = _arrays(image, mask)
    _check_bins(bin_width, bin_count)
    pixels, inside = cropped(pixels, shown)
    offsets = _offsets(distances, inside.shape)
    pad = int(np.abs(offsets).max(initial=1))
    region = discretised(pixels, inside, pad, bin_width, bin_count)
    return {
        f"{family}_{name}": value
        for family, values in _by_family(region, offsets)
        for name, value in values.items()
    }


def _by_family(
    region: Region, offsets: NDArray[np.int64]
) -> Iterable[tuple[str, dict[str, float]]]:
    """Yield the name and the features of every family."""
    yield "firstorder", firstorder(region)
    yield "glcm", glcm(region, offsets)
    yield "glrlm", glrlm(region)
    yield "glszm", glszm(region)
    equal, difference = neighbourhood(region, offsets)
    yield "gldm", gldm(equal, region.levels)
    yield "ngtdm", ngtdm(difference, region.sizes, region.levels)


def _arrays(
    image: ArrayLike, mask: ArrayLike | None
) -> tuple[NDArray[np.generic], NDArray[np.generic] | None]:
    """Return image and mask as arrays after checking shape and dtype."""
    pixels = np.asarray(image)
    if pixels.ndim != 2:
        raise ValueError(f"image must be (h, w), not of shape {pixels.shape}")
    shown = None if mask is None else np.asarray(mask)
    if shown is not None and shown.shape != pixels.shape:
        raise ValueError(f"mask has shape {shown.shape}, the image {pixels.shape}")
    for name, array in (("image", pixels), ("mask", shown)):
        if array is not None and array.dtype.kind not in "buif":
            raise ValueError(f"{name} must hold real numbers, not {array.dtype}")
    if shown is not None and shown.dtype.kind == "f" and np.isnan(shown).any():
        raise ValueError("mask holds NaN: set it to 0 or 1 there")
    return pixels, shown


def _check_bins(bin_width: float | None, bin_count: int | None) -> None:
    if bin_width is not None and bin_count is not None:
        raise ValueError("give bin_width or bin_count, not both")
    if bin_width is not None and not (np.isfinite(bin_width) and bin_width > 0):
        raise ValueError(f"bin_width must be above 0, not {bin_width}")
    if bin_count is not None and not (1 <= bin_count <= MOST_BINS and bin_count == int(bin_count)):
        raise ValueError(f"bin_count must be a whole number from 1 to {MOST_BINS}, not {bin_count}")


def _offsets(distances: Sequence[int], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return row and column offsets, int64 `(angles, 2)`, one of every two opposite offsets.

    Offsets not smaller than the height or width of the region have no pairs and are omitted.
    """
    rings = {int(distance) for distance in distances}
    if not rings or min(rings) < 1 or rings != set(distances) or len(rings) != len(distances):
        raise ValueError(f"distances must be different whole numbers from 1, not {distances}")
    reach = min(max(rings), max(shape) - 1)
    down, right = np.mgrid[0 : reach + 1, -reach : reach + 1]
    half = (down > 0) | (right > 0)
    held = (down < shape[0]) & (np.abs(right) < shape[1])
    ring = np.isin(np.maximum(down, np.abs(right)), list(rings))
    return np.column_stack([down[half & held & ring], right[half & held & ring]]).astype(np.int64)
