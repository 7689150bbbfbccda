"""Profiles from the chest wall inwards: a thin bright line along the wall, and what it parts."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from cxrfeatures._grid import RATIO
from cxrfeatures._zonal import Doubles, fields_of, paired, zone_labels
from cxrlungs import SIDE, ZONES, Floats, LungFields, Mask, normalised

BORDERS = ("apical", "lateral", "medial", "basal")
"""The zones that reach the border of the lung."""
RAYS = 256
SMOOTH = 4.0
"""Width, in rays, over which the border is smoothed and a line must run along it."""
OUTSIDE, DEPTH, STEPS = 0.01, 0.13, 144
"""The rays, in sides of the picture: begin outside the border, end inside, samples."""
FROM = 0.012
"""Depth from which lines are looked for; nearer are ribs and the wall itself."""
BINS = 6
GAP = 6
"""Samples beside a line that count to neither side of it."""
EPSILON = 1e-8


@dataclass(frozen=True)
class Edges:
    """The strongest thin bright ridge parallel to the border of each lung, by zone.

    The lung is straightened along rays from its border inwards; a line parallel to the border
    then runs along the strip. Of both lungs the lower value, the higher one and their difference
    are kept, as in `Lines`.

    Attributes:
        sigma: width of the finest band-pass filter across the strip, in samples, each about a
            pixel of a 1024-pixel image.
    """

    name: ClassVar[str] = "edges"
    version: ClassVar[int] = 1

    sigma: float = 1.0

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "<what>_<low|high|apart>_<zone>": "strength" of the ridge, "lead" over the
        median of the strongest ones of all rays, its "depth" in sides of the picture, the log
        energy of the "texture" outside minus inside of it, and "step", grey outside minus inside;
        "grey<n>" and "ridge<n>" are the profiles in bins of depth.
        """
        fields = fields_of(image)
        mirrored = LungFields(fields.right[:, ::-1], fields.left[:, ::-1], fields.quality)
        grey = normalised(image)
        lungs = [
            self._lung(grey, fields),
            self._lung(np.ascontiguousarray(grey[:, ::-1]), mirrored),
        ]
        features: dict[str, float] = {}
        for what in lungs[0]:
            features |= paired(what, np.stack([lung[what] for lung in lungs]), BORDERS)
        return features

    def _lung(self, grey: Floats, fields: LungFields) -> dict[str, Doubles]:
        """Return "<what>" -> float64 `(4,)` over `BORDERS` of the left lung."""
        border, inwards = outline(fields.left)
        strip = straightened(grey, border, inwards)
        labels = zone_labels(fields, (SIDE, SIDE))
        zones = _zones_along(border + 4 * inwards, labels)
        found = [self._zone(strip, zones == ZONES.index(zone) + 1) for zone in BORDERS]
        return {what: np.array([one[what] for one in found]) for what in found[0]}

    def _zone(self, strip: Floats, rays: Mask) -> dict[str, float]:
        """Return the features of the rays of one zone; of all rays where the zone has none."""
        rays = rays if rays.any() else np.ones_like(rays)
        ridges = self.ridges(strip)[rays]
        strip = strip[rays]
        inner = ridges[:, _sample(FROM) :]
        ray, depth = (int(k) for k in np.unravel_index(inner.argmax(), inner.shape))
        place = depth + _sample(FROM)
        near = slice(max(ray - int(SMOOTH), 0), ray + int(SMOOTH) + 1)
        strength = float(inner[ray, depth])
        features = {
            "strength": strength,
            "lead": strength - float(np.median(inner.max(1))),
            "depth": place * (DEPTH + OUTSIDE) / (STEPS - 1) - OUTSIDE,
        } | _parted(strip[near], place)
        profiles = (("grey", strip - strip.mean()), ("ridge", np.maximum(ridges, 0)))
        for name, values in profiles:
            parts = np.array_split(values.mean(0), BINS)
            features |= {f"{name}{k}": float(part.mean()) for k, part in enumerate(parts)}
        return features

    def ridges(self, strip: Floats) -> Floats:
        """Return how much brighter than both its sides every place is, along `SMOOTH` rays."""
        along = gaussian_filter1d(strip, SMOOTH, axis=0, mode="wrap")
        fine, wide = (
            gaussian_filter1d(along, sigma, axis=1, mode="nearest")
            for sigma in (self.sigma, RATIO * RATIO * self.sigma)
        )
        return np.asarray(fine - wide, np.float32)


def outline(lung: Mask) -> tuple[Doubles, Doubles]:
    """Return points evenly along the smoothed border of `lung` and the directions inwards.

    Returns:
        two float64 `(256, 2)`: x and y in pixels of the mask; unit vectors.
    """
    mask = np.ascontiguousarray(lung, np.uint8)
    found = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    points = max(found, key=len)[:, 0].astype(np.float64)
    closed = np.vstack([points, points[:1]])
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    even = np.linspace(0, length[-1], RAYS, endpoint=False)
    border = np.column_stack([np.interp(even, length, axis) for axis in closed.T])
    border = gaussian_filter1d(border, SMOOTH, axis=0, mode="wrap")
    tangent = np.roll(border, -1, axis=0) - np.roll(border, 1, axis=0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    turns = np.sign(np.sum(border[:, 0] * tangent[:, 1] - border[:, 1] * tangent[:, 0])) or 1.0
    return border, turns * normal / np.maximum(np.hypot(*normal.T), EPSILON)[:, None]


def straightened(grey: Floats, border: Doubles, inwards: Doubles) -> Floats:
    """Return `grey` `(h, w)` along the rays, float32 `(256, 144)`, from outside inwards."""
    depths = np.linspace(-OUTSIDE, DEPTH, STEPS) * SIDE
    places = border[:, None] + depths[:, None] * inwards[:, None]
    scale = np.array(grey.shape[::-1]) / SIDE
    x, y = np.moveaxis((places + 0.5) * scale - 0.5, -1, 0).astype(np.float32)
    strip = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.float32)


def _sample(depth: float) -> int:
    return round((depth + OUTSIDE) / (DEPTH + OUTSIDE) * (STEPS - 1))


def _zones_along(places: Doubles, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    x, y = np.clip(np.round(places), 0, SIDE - 1).astype(np.int64).T
    return labels[y, x]


def _parted(strip: Floats, place: int) -> dict[str, float]:
    """Return texture and grey of the strip outside of `place` minus inside of it."""
    fine = np.square(strip - gaussian_filter(strip, 2.0))
    start = _sample(FROM / 2)
    outside = slice(start, max(place - GAP, start + 1))
    inside = slice(min(place + GAP, STEPS - 1), None)
    energies = [np.log(fine[:, part].mean() + EPSILON) for part in (outside, inside)]
    return {
        "texture": float(energies[0] - energies[1]),
        "step": float(strip[:, outside].mean() - strip[:, inside].mean()),
    }
