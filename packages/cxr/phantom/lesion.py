"""Pneumothorax: regions of free air between chest wall and collapsed lung, and their annotation.

Areas are log-normal, similar to those of the 2,379 positive images of the competition's stage-1
training file, whose masks have 5th, 50th and 95th percentiles of 1,365, 8,493 and 46,132 px.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from cxr.phantom.anatomy import Patient, wall
from cxr.phantom.coordinates import Field, Mask, Points, Pose, enlarged

MEDIAN_AREA = 9300
AREA_SPREAD = 1.06
SMALLEST, LARGEST = 300, 110_000
COARSE = 128


@dataclass(frozen=True)
class Pocket:
    """Free air on one side: centre and half-length along the wall (0 to 1), target area in px."""

    side: int
    centre: float
    reach: float
    area: float
    waves: tuple[float, float, float]


def draw_area(rng: np.random.Generator) -> float:
    """Return a random pneumothorax area in pixels of a 1024 x 1024 image."""
    return float(
        np.clip(MEDIAN_AREA * np.exp(AREA_SPREAD * rng.standard_normal()), SMALLEST, LARGEST)
    )


def draw_pockets(rng: np.random.Generator, patient: Patient) -> list[Pocket]:
    """Return one to three random pockets; most are apical, some lateral or basal."""
    total = draw_area(rng)
    count = int(rng.choice([1, 2, 3], p=[0.72, 0.22, 0.06])) if total > 1500 else 1
    shares = rng.dirichlet(np.full(count, 2.0)) if count > 1 else np.ones(1)
    pockets: list[Pocket] = []
    for k, share in enumerate(shares):
        side = patient.side if k == 0 or rng.random() < 0.55 else -patient.side
        area = max(SMALLEST, total * share)
        pocket = _pocket(rng, patient, side, area, k)
        while any(_crowded(pocket, other) for other in pockets) and rng.random() < 0.9:
            pocket = _pocket(rng, patient, side, area, k)
        pockets.append(pocket)
    return pockets


def _crowded(one: Pocket, other: Pocket) -> bool:
    return one.side == other.side and abs(one.centre - other.centre) < 0.8 * (
        one.reach + other.reach
    )


def _pocket(rng: np.random.Generator, patient: Patient, side: int, area: float, k: int) -> Pocket:
    kind = patient.site if k == 0 and rng.random() < 0.7 else rng.random()
    size = np.log(area / 1000)
    if kind < 0.74:
        centre, reach = rng.normal(0.20, 0.05), 0.11 + 0.035 * size
    elif kind < 0.88:
        centre, reach = rng.uniform(0.35, 0.8), 0.11 + 0.045 * size
    else:
        centre, reach = rng.normal(0.95, 0.05), 0.09 + 0.04 * size
    reach = float(np.clip(reach * rng.lognormal(0, 0.2), 0.07, 0.6))
    waves = rng.normal(0, 0.10, 3)
    return Pocket(side, float(centre), reach, area, (waves[0], waves[1], waves[2]))


def region(pose: Pose, patient: Patient, pocket: Pocket, lung: Mask) -> Mask:
    """Return the mask of the free air, 0/1 uint8 ``(h, w)``, inside `lung` (0/1, ``(h, w)``).

    The mask contains the pixels whose distance from the chest wall is below the width of the
    pocket, largest at its centre; the width is scaled to the target area.
    """
    depth = _relative_depth(pose, patient, pocket, lung)
    depth = enlarged(depth, pose.size)
    inside = depth[lung > 0]
    wanted = min(pocket.area * (pose.size / 1024) ** 2, 0.62 * len(inside))
    rank = min(max(int(wanted), 12), len(inside) - 1)
    limit = np.partition(inside, rank)[rank]
    return ((depth < limit) & (lung > 0)).astype(np.uint8)


def _relative_depth(pose: Pose, patient: Patient, pocket: Pocket, lung: Mask) -> Field:
    """Return distance from the wall divided by pocket width, on a coarse grid, near `lung`."""
    curve = wall(patient, pocket.side)
    along = _arc_length(curve * (pose.half_width, pose.height)).astype(np.float32)
    places = (pose.place(curve) / pose.size).astype(np.float32)
    small = np.asarray(cv2.resize(lung, (COARSE, COARSE), interpolation=cv2.INTER_AREA), np.uint8)
    rows, columns = np.nonzero(cv2.dilate(small, np.ones((7, 7), np.uint8)))
    cells = ((np.stack([columns, rows], -1) + 0.5) / COARSE).astype(np.float32)
    # a mean over the wall dominated by the nearest points; the nearest point alone would make the
    # outline discontinuous where two parts of the wall are equally near
    closeness = (np.square(cells[:, None] - places[None]).sum(-1) + np.float32(1e-6)) ** -3
    total = closeness.sum(1)
    s = (closeness @ along) / total
    width = np.exp(-(np.abs((s - pocket.centre) / pocket.reach) ** 2.4))
    for k, wave in enumerate(pocket.waves):
        width *= 1 + wave * np.sin((5 + 5 * k) * s + 40 * pocket.waves[k - 1])
    depth = np.full((COARSE, COARSE), 1e3, np.float32)
    depth[rows, columns] = np.minimum(total ** (-1 / 6) / np.maximum(width, 1e-3), 1e3)
    return depth


def _arc_length(curve: Points) -> Points:
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    length = np.concatenate([[0.0], steps.cumsum()])
    return length / length[-1]


def annotate(rng: np.random.Generator, regions: list[Mask], lung: Mask) -> list[Mask]:
    """Return simulated manual annotation rows of `regions`, 0/1 uint8 ``(h, w)`` each.

    Outlines are simplified to polygons. About a quarter of the images have several rows, either
    one per pocket, or one pocket annotated twice with overlapping masks.
    """
    drawn = [_by_hand(rng, region, lung) for region in regions]
    if len(drawn) > 1:
        return drawn if rng.random() < 0.65 else [np.maximum.reduce(drawn)]
    if rng.random() < 0.10:
        shift = rng.integers(2, 7) * (1 if rng.random() < 0.5 else -1)
        again = _by_hand(rng, np.roll(regions[0], shift, axis=int(rng.integers(2))), lung)
        return [drawn[0], again] if again.any() else drawn
    return drawn


def _by_hand(rng: np.random.Generator, region: Mask, lung: Mask) -> Mask:
    contours, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    canvas = np.zeros_like(region)
    tolerance = rng.uniform(0.8, 2.5) * len(region) / 1024
    for contour in contours:
        if len(contour) > 8:
            cv2.fillPoly(canvas, [cv2.approxPolyDP(contour, tolerance, True)], 1)
    return canvas & lung if canvas.any() else region & lung
