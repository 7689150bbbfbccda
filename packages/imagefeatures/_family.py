"""The interface of a feature family, and the few image operations that families share."""

from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrlungs import Floats


@runtime_checkable
class Family(Protocol):
    """A group of features computed from the pixels of one image.

    Implementations are frozen dataclasses: their fields are the parameters, and name, version
    and fields together decide whether a cached table is still good.
    """

    @property
    def name(self) -> str:
        """Prefix of the family's columns, such as "grid"."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the same parameters give other values."""
        ...

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`; the same names for every image."""
        ...


def reduced(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `image` at `(side, side)` by area averaging; a smaller image stays as it is."""
    if max(image.shape) <= side:
        return image
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def cell_means(values: Floats, cells: int) -> Floats:
    """Return float32 `(cells, cells)`: the mean of `values` `(h, w)` in every grid cell."""
    return np.asarray(cv2.resize(values, (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def named_cells(name: str, values: Floats) -> dict[str, float]:
    """Return "<name>_r<row>c<column>" -> value for a map of cells."""
    return {f"{name}_r{row}c{column}": float(v) for (row, column), v in np.ndenumerate(values)}


def mirrored_cells(name: str, values: Floats) -> dict[str, float]:
    """Return the lower and the higher value of every pair of mirrored cells, and how far apart.

    Names are "<name>_<low|high|apart>_r<row>c<column>"; `values` has an even number of columns.
    """
    half = values.shape[1] // 2
    left, right = values[:, :half], values[:, ::-1][:, :half]
    return (
        named_cells(f"{name}_low", np.minimum(left, right))
        | named_cells(f"{name}_high", np.maximum(left, right))
        | named_cells(f"{name}_apart", np.abs(left - right))
    )
