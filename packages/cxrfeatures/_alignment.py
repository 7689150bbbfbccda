"""Left against right after the picture was turned upright about the middle of the lungs."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import reduced
from cxrfeatures._grid import RATIO
from cxrfeatures._zonal import Doubles, fields_of, zone_labels, zone_means
from cxrlungs import SIDE, ZONES, Floats, LungFields, Mask, normalised

STEEPEST = 0.2
"""Columns per row that the middle may lean."""
LEAST_ROWS = 32
"""Rows with both lungs from which a lean is found; with fewer the middle is upright."""
LEAST_COMMON = 0.005
"""Share of the picture; if the lungs overlap less when folded, what either covers is compared."""
EPSILON = 1e-8


@dataclass(frozen=True)
class Alignment:
    """Differences of the lungs, folded about the line that runs midway between them.

    Where `Asymmetry` compares the halves of the picture, this compares places of the chest:
    rotation and an off-centre patient do not matter. All features are sizes, so the mirror image
    has the same.

    Attributes:
        side: pixels to which the image is reduced first.
        sigmas: widths of the band-pass filters, in pixels of a 512-pixel image.
    """

    name: ClassVar[str] = "alignment"
    version: ClassVar[int] = 1

    side: int = 512
    sigmas: tuple[float, ...] = (1.0, 4.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Per zone of what both lungs have in common, "<map>_<zone>" is the size of the difference
        of means (mean and spread of grey, gradient, log band-pass energies), "pixels_<zone>" the
        mean size of the difference pixel by pixel. "lean" of the middle is in columns per row,
        its "offset" in sides of the picture, "area" the size of the log ratio of the lungs.
        """
        fields = fields_of(image)
        column, lean = middle(fields)
        grey = upright(normalised(reduced(image, self.side)), column, lean)
        left, right = (
            upright(lung.astype(np.float32), column, lean) > 0.5
            for lung in (fields.left, fields.right)
        )
        labels = zone_labels(_folded(left, right), grey.shape)
        features = {
            "lean": abs(lean),
            "offset": abs(column / SIDE - 0.5),
            "area": float(abs(np.log(fields.left.sum() / fields.right.sum()))),
        }
        for name, values in self._values(grey, labels).items():
            features |= {f"{name}_{zone}": float(v) for zone, v in zip(ZONES, values, strict=True)}
        return features

    def _values(self, grey: Floats, labels: NDArray[np.uint8]) -> dict[str, Doubles]:
        """Return float64 `(5,)` over the zones, by map."""
        mean, square = zone_means(grey, labels), zone_means(grey * grey, labels)
        spread = np.sqrt(np.maximum(square - mean * mean, 0))
        across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        maps = {"mean": mean, "spread": spread}
        maps["gradient"] = zone_means(np.hypot(across, down), labels)
        for sigma in self.sigmas:
            width = sigma * grey.shape[0] / 512
            fine, wide = (cv2.GaussianBlur(grey, (0, 0), w) for w in (width, RATIO * width))
            maps[f"band{sigma:g}"] = np.log(zone_means(np.square(fine - wide), labels) + EPSILON)
        smooth = cv2.GaussianBlur(grey, (0, 0), max(grey.shape[0] / 128, 0.5))
        pixels = zone_means(np.abs(smooth - smooth[:, ::-1]), labels)[0]
        return {name: np.abs(one - other) for name, (one, other) in maps.items()} | {
            "pixels": pixels
        }


def middle(fields: LungFields) -> tuple[float, float]:
    """Return the column, at half height, and the lean of the line midway between the lungs.

    Each row with both lungs gives the centre between their outer borders and that between their
    inner borders; the line is fitted to the means of both by least squares. As the chords of a
    turned lung lean less than the lung, so does the line, by about a quarter.

    Returns:
        column in pixels of 256 from the left edge; columns per row downwards.
    """
    left, right = fields.left, fields.right
    rows = np.flatnonzero(left.any(1) & right.any(1))
    if not rows.size:
        return SIDE / 2, 0.0
    ends = [lung[rows].argmax(1) for lung in (left, right)]
    ends += [SIDE - lung[rows, ::-1].argmax(1) for lung in (left, right)]
    centres, heights = np.mean(ends, axis=0), rows + 0.5 - SIDE / 2
    lean = float(np.polyfit(heights, centres, 1)[0]) if rows.size >= LEAST_ROWS else 0.0
    lean = float(np.clip(lean, -STEEPEST, STEEPEST))
    return float(np.mean(centres - lean * heights)), lean


def upright(values: Floats, column: float, lean: float) -> Floats:
    """Return `values` `(h, w)` turned and moved so that the middle is upright in the centre."""
    height, width = values.shape
    centre = (column * width / SIDE - 0.5, height / 2 - 0.5)
    turned = cv2.getRotationMatrix2D(centre, -np.degrees(np.arctan(lean * width / height)), 1.0)
    turned[0, 2] += width / 2 - 0.5 - centre[0]
    moved = cv2.warpAffine(
        values, turned, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32)


def _folded(left: Mask, right: Mask) -> LungFields:
    """Return what both upright lungs have in common, on both sides."""
    common = left & right[:, ::-1]
    if common.mean() < LEAST_COMMON:
        common = left | right[:, ::-1]
    return LungFields(common, common[:, ::-1], 1.0)
