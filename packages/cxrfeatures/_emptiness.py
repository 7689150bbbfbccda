"""Where a lung has no texture: beyond the pleural line there are no vessels."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import reduced
from cxrfeatures._grid import RATIO
from cxrfeatures._zonal import fields_of, paired, zone_labels, zone_means
from cxrlungs import SIDE, Floats, Mask, normalised

EPSILON = 1e-6
RIM = 7
"""Width, in pixels of 256, of the window that takes the rim off a lung: the edge of the chest
wall is no texture, and along the rim an empty region may touch it."""
LUNG = ("median", "largest", "apex", "wall")
ZONE = {"apex": 1, "wall": 2}
"""Of which zone, counted as in `zone_labels`, the border is looked at."""


@dataclass(frozen=True)
class Emptiness:
    """Texture, the mean size of a band-pass response, against the lung's own median.

    Only the lung without its rim counts. A place is empty where the texture around it is below
    `cut` of the median of its lung. Of both lungs the lower value, the higher one and their
    difference are kept, as in `Lines`.

    Attributes:
        side: pixels to which the image is reduced first.
        sigma: width of the band-pass filter, in pixels of a 512-pixel image.
        around: width of the neighbourhood, in pixels of 512.
        cut: share of the median.
    """

    name: ClassVar[str] = "emptiness"
    version: ClassVar[int] = 1

    side: int = 512
    sigma: float = 1.2
    around: float = 6.0
    cut: float = 0.6

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Per zone "calm", the negative log of the relative texture, and "empty", the share of empty
        places; per lung "lung_..._median", the log of its median, "largest", the area of the
        largest empty region in areas of the lung, and the share of the rim of the apical zone
        ("apex") and of the lateral zone ("wall") along which that region lies.
        """
        fields = fields_of(image)
        labels = zone_labels(fields, (SIDE, SIDE))
        cores = [_core(lung) for lung in (fields.left, fields.right)]
        texture = self.texture(image, cores[0] | cores[1])
        calm = np.zeros_like(texture)
        lungs = []
        for lung, core, first in ((fields.left, cores[0], 0), (fields.right, cores[1], 5)):
            median = float(np.median(texture[core if core.any() else lung]))
            calm[lung] = median - texture[lung]
            region = _largest(lung & (calm > -np.log(self.cut)))
            contacts = _contacts(region, lung & ~core, labels, first)
            lungs.append([median, region.sum() / lung.sum(), *contacts])
        empty = (calm > -np.log(self.cut)).astype(np.float32)
        return (
            paired("calm", zone_means(calm, labels))
            | paired("empty", zone_means(empty, labels))
            | paired("lung", np.array(lungs), LUNG)
        )

    def texture(self, image: NDArray[np.uint8], core: Mask) -> Floats:
        """Return the log of the texture around every place, float32 `(256, 256)`.

        The mean is over what lies in `core`, bool `(256, 256)`.
        """
        grey = normalised(reduced(image, self.side))
        scale = grey.shape[0] / 512
        fine, wide = (
            cv2.GaussianBlur(grey, (0, 0), width * scale)
            for width in (self.sigma, RATIO * self.sigma)
        )
        size = cv2.resize(np.abs(fine - wide), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        inside = core.astype(np.float32)
        width = self.around * SIDE / 512
        total, weight = (cv2.GaussianBlur(part, (0, 0), width) for part in (size * inside, inside))
        mean = np.maximum(total, 0) / np.maximum(weight, EPSILON)
        return np.asarray(np.log(mean + EPSILON), np.float32)


def _core(lung: Mask) -> Mask:
    """Return `lung` without its rim."""
    window = np.ones((RIM, RIM), np.uint8)
    core = cv2.erode(lung.astype(np.uint8), window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(core != 0)


def _largest(mask: Mask) -> Mask:
    """Return the largest connected region of `mask`; nothing if it is empty."""
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if n < 2:
        return mask
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def _contacts(region: Mask, rim: Mask, labels: NDArray[np.uint8], first: int) -> list[float]:
    """Return the share of the rim in the apical and in the lateral zone that is `region`."""
    parts = [rim & (labels == first + number) for number in ZONE.values()]
    return [float((region & part).sum() / max(part.sum(), 1)) for part in parts]
