"""Features of thin sharp structures, compared between sides: pleural lines, tubes, wires, clips.

The structures are one to three pixels wide at 1024 pixels and vanish when the image is reduced,
so both families use the full resolution: `Lines` in mirrored cells of the whole image, `LungLines`
in each lung.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cxr.lungs.fields import SIDE, Mask, fields_of
from cxr.lungs.zones import paired
from imagefeatures import Floats, cell_means, normalised

EPSILON = 1e-12
RATIO = 1.6
"""Ratio of the two widths of a difference of Gaussians, after Marr & Hildreth (1980)."""

ROWS, COLUMNS = 8, 5
ABOVE, BELOW, ASIDE = 0.12, 0.25, 0.35
"""Margins of the grid in heights and widths of the lung; they include the entry of drains."""
THIN_ROW, THIN_COLUMN = 0.02, 0.04
"""Least share of a row or column inside the lung for the row or column to be in the grid."""
TOP = 4
"""Number of strongest cells averaged."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Lines:
    """Fourth moment of bright and of dark band-pass responses in mirrored grid cells.

    The fourth power makes a few strong pixels outweigh the texture of the whole cell. The lower
    and higher value of every pair of mirrored cells and their difference are kept, so that the
    features are invariant to mirroring.

    Attributes:
        cells: number of cells along each side, even.
        sigma: width of the finest band-pass filter, in pixels of the input image.
        bands: number of filters, each 1.6 times as wide as the previous one.
    """

    name: ClassVar[str] = "lines"
    version: ClassVar[int] = 1

    cells: int = 8
    sigma: float = 0.5
    bands: int = 4

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are `<bright|dark><band>_<low|high|apart>_r<row>c<column>`, in natural logarithms.
        """
        features: dict[str, float] = {}
        for name, values in self.maps(image):
            features |= mirrored_cells(name, values)
        return features

    def maps(self, image: NDArray[np.uint8]) -> Iterator[tuple[str, Floats]]:
        """Yield name and log fourth moment, float32 `(cells, cells)`, of every band and sign."""
        for name, part in band_pass(normalised(image), self.sigma, self.bands):
            power = np.square(np.square(part))
            yield name, np.log(cell_means(power, self.cells) + EPSILON)


@dataclass(frozen=True)
class LungLines:
    """Statistics of the fourth moments of band-pass responses on a grid fitted to each lung.

    The grid has 8 rows from above the apex to below the base and 5 columns from outside the chest
    wall to the midline. The maximum of its 40 logarithms, the mean of the four largest, the upper
    median and the means of rows and columns are kept, so that a line counts at any position in a
    lung. As in `Lines`, the lower and higher value of both lungs and their difference are kept.

    Attributes:
        sigma: width of the finest band-pass filter, in pixels of the input image.
        bands: number of filters, each 1.6 times as wide as the previous one.
    """

    name: ClassVar[str] = "lunglines"
    version: ClassVar[int] = 1

    sigma: float = 0.5
    bands: int = 4

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are `<bright|dark><band>_<low|high|apart>_<max|top|median|row?|column?>`, in natural
        logarithms, and "quality" of the lung fields.
        """
        fields = fields_of(image)
        left, right = _grid_box(fields.left), _grid_box(fields.right[:, ::-1])
        features = {"quality": fields.quality}
        for name, part in band_pass(normalised(image), self.sigma, self.bands):
            one, other = (
                _line_summary(np.log(_fourth_moments(lung, box) + EPSILON))
                for lung, box in ((part, left), (part[:, ::-1], right))
            )
            for what in one:
                features |= paired(name, np.array([[one[what]], [other[what]]]), [what])
        return features


def band_pass(grey: Floats, sigma: float, bands: int) -> Iterator[tuple[str, Floats]]:
    """Yield `<bright|dark><band>` and its response, float32 `(h, w)`, clipped below 0.

    The filters are differences of Gaussians, the finest `sigma` pixels wide, each 1.6 times as
    wide as the previous one.
    """
    finer = cv2.GaussianBlur(grey, (0, 0), sigma)
    for band in range(bands):
        wider = cv2.GaussianBlur(grey, (0, 0), sigma * RATIO ** (band + 1))
        response = finer - wider
        for name, part in (("bright", response), ("dark", -response)):
            yield f"{name}{band}", np.maximum(part, 0)
        finer = wider


def mirrored_cells(name: str, values: Floats) -> dict[str, float]:
    """Return the lower and higher value of every pair of mirrored cells and their difference.

    Names are `<name>_<low|high|apart>_r<row>c<column>`; `values` has an even number of columns.
    """
    half = values.shape[1] // 2
    places = [f"r{row}c{column}" for row, column in np.ndindex(len(values), half)]
    sides = np.stack([values[:, :half], values[:, ::-1][:, :half]])
    return paired(name, sides.reshape(2, -1), places)


def _grid_box(lung: Mask) -> Box:
    """Return top, bottom, outer and inner edge of the grid of a left lung, in image sides."""
    rows = np.flatnonzero(lung.mean(1) > THIN_ROW)
    columns = np.flatnonzero(lung.mean(0) > THIN_COLUMN)
    if not rows.size or not columns.size:
        rows, columns = np.flatnonzero(lung.any(1)), np.flatnonzero(lung.any(0))
    top, bottom = rows[0] / SIDE, (rows[-1] + 1) / SIDE
    outer, inner = columns[0] / SIDE, (columns[-1] + 1) / SIDE
    height, width = bottom - top, inner - outer
    return (
        top - ABOVE * height, bottom + BELOW * height, outer - ASIDE * width, inner + ASIDE * width,
    )  # fmt: skip


def _fourth_moments(response: Floats, box: Box) -> Floats:
    """Return the mean fourth power in each cell of the box, 0 outside the image."""
    height, width = response.shape
    top, bottom = int(box[0] * height), max(int(box[1] * height), int(box[0] * height) + ROWS)
    outer, inner = int(box[2] * width), max(int(box[3] * width), int(box[2] * width) + COLUMNS)
    inside = response[max(top, 0) : max(bottom, 0), max(outer, 0) : max(inner, 0)]
    padded = cv2.copyMakeBorder(
        np.square(np.square(np.ascontiguousarray(inside))),
        max(-top, 0), max(bottom - height, 0), max(-outer, 0), max(inner - width, 0),
        cv2.BORDER_CONSTANT, value=0.0,
    )  # fmt: skip
    return np.asarray(cv2.resize(padded, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _line_summary(cells: Floats) -> dict[str, float]:
    ordered = np.sort(cells.ravel())
    found = {
        "max": float(ordered[-1]),
        "top": float(ordered[-TOP:].mean()),
        "median": float(ordered[ordered.size // 2]),
    }
    found |= {f"row{row}": float(value) for row, value in enumerate(cells.mean(1))}
    return found | {f"column{column}": float(value) for column, value in enumerate(cells.mean(0))}
