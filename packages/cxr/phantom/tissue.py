"""Soft tissue and air on a coarse grid, and lung vessels."""

from dataclasses import dataclass

import cv2
import numpy as np

from cxr.phantom.anatomy import LEFT, RIGHT, Patient, body, heart, lung, wall
from cxr.phantom.coordinates import (
    Field,
    Mask,
    Points,
    Pose,
    band,
    blurred,
    enlarged,
    fill,
    stroke,
    unit,
)

VESSEL_STEPS = 9
VESSEL_WIDTHS = (12.0, 7.0, 4.0, 2.6, 1.6)
VESSEL_VALUES = (120, 125, 115, 100, 75)
VESSEL_LENGTHS = (0.11, 0.13, 0.12, 0.11, 0.10)
"""Widths (pixels of 1024), grey levels and lengths (chest heights) of five vessel generations."""


@dataclass(frozen=True)
class Tissue:
    """Smooth layers, float32 ``(side, side)`` each.

    Attributes:
        dense: attenuation with only air in the lungs.
        aerated: share of the ray in air, 0 to 1.
        lung: attenuation of lung tissue without vessels at `aerated` 1.
        bone: visibility of bones, 0 to 1; low over the spine and in the abdomen.
    """

    dense: Field
    aerated: Field
    lung: Field
    bone: Field


def draw_tissue(
    pose: Pose, rng: np.random.Generator, patient: Patient, view: str, lungs: Field
) -> Tissue:
    """Return the smooth layers at half size; `lungs` is the air space, 0 to 1, at half size."""
    quarter, half = pose.size // 4, pose.size // 2
    small = pose.resized(quarter)
    u, v = small.grid()
    hidden = unit(fill(quarter, small.place(heart(patient, view))), 0)
    hidden = blurred(hidden, 1.2)
    aerated = _depth(small, patient) * (1 - 0.82 * hidden) * _beside_mediastinum(rng, u, v)
    soft = _soft(small, rng, patient, u, v) + 0.03 * hidden + _hila(rng, u, v, patient)
    soft += _rim(small, patient)
    aerated = enlarged(aerated, half) * lungs
    share = 0.67 + 0.02 * patient.density - 0.06 * (view == "AP")
    dense = enlarged(soft, half) * (1 - share * aerated)
    bone = 1 - 0.75 * np.exp(-np.square(np.square(u / 0.20))) - 0.5 * _step((v - 0.95) / 0.06)
    bone = np.clip(bone, 0.12, 1)
    lung_tissue = enlarged(_lung(rng, quarter, view, v), half)
    return Tissue(dense, aerated, lung_tissue, enlarged(bone, half))


def _soft(small: Pose, rng: np.random.Generator, patient: Patient, u: Field, v: Field) -> Field:
    """Return the attenuation of soft tissue and spine, without lungs."""
    thick = _thickness(small, rng, patient)
    belly = _step((v - 0.80) / 0.11)
    shoulder = np.clip((0.25 - v) / 0.5, 0, 1)
    middle = np.exp(-((u / 0.5) ** 2))
    per_depth = 0.50 + 0.03 * patient.fat + belly * (0.17 + 0.07 * middle) - 0.14 * shoulder
    per_depth += 0.045 * middle + _spine(u, v) * (0.085 - 0.03 * belly)
    if patient.sex == "F" and patient.age > 14:
        per_depth += _breasts(rng, patient, u, v)
    per_depth += 0.012 * _clouds(rng, len(u), 12) * (0.5 + belly)
    field = thick * per_depth
    return (field - _bowel(rng, u, v) * thick).astype(np.float32)


def _thickness(small: Pose, rng: np.random.Generator, patient: Patient) -> Field:
    """Return the relative length of the ray through the body, 0 to 1."""
    raised = rng.uniform(0, 1)
    thick = _rounded(small, small.place(body(patient, raised)), 0.17)
    if rng.random() < 0.65:
        arm_at = 1.38 + 0.05 * patient.fat + rng.uniform(-0.10, 0.12)
        for side in (LEFT, RIGHT):
            line = np.array([(1.34, 0.05), (arm_at, 0.5), (arm_at + 0.06, 1.1), (arm_at, 2.0)])
            outline = band(small.place(line * (side, 1)), 0.15 * small.size)
            np.maximum(thick, 0.72 * _rounded(small, outline, 0.07), out=thick)
    return blurred(thick, small.size / 200)


def _rounded(small: Pose, outline: Points, radius: float) -> Field:
    """Return the thickness of a rounded body with this outline, 1 at `radius` from its edge."""
    side, pad = small.size, small.size // 2
    distance = _to_edge(fill(2 * side, outline + pad))
    edge = np.clip(distance[pad : pad + side, pad : pad + side] / (radius * side), 0, 1)
    return np.sqrt(1 - (1 - edge) ** 2)


def _rim(small: Pose, patient: Patient) -> Field:
    """Return the bright rim of the chest wall, where rays are tangential to the ribs."""
    canvas = np.zeros((small.size, small.size), np.uint8)
    for side in (LEFT, RIGHT):
        outside = wall(patient, side)[30:] * (1.02, 1) + (0.012 * side, -0.01)
        stroke(canvas, small.place(outside), 255, 0.014 * small.size)
    return np.float32(0.07) * blurred(unit(canvas, 0), 0.006 * small.size)


def _spine(u: Field, v: Field) -> Field:
    """Return the attenuation of vertebrae (positive) and trachea (negative)."""
    column = np.exp(-np.square(np.square(u / 0.135)))
    plates = 1 + 0.22 * np.cos(2 * np.pi * v / 0.105) * column
    tube = np.exp(-np.square(np.square((u - 0.01) / 0.055)))
    windpipe = tube * _step((0.30 - v) / 0.03)
    return column * plates - 0.8 * windpipe


def _breasts(rng: np.random.Generator, patient: Patient, u: Field, v: Field) -> Field:
    size = 0.30 + 0.05 * patient.fat
    low = 0.98 + 0.08 * patient.fat + rng.normal(0, 0.04)
    field = np.zeros_like(u)
    for side in (LEFT, RIGHT):
        across = (side * u - 0.62) / (1.6 * size)
        down = (v - (low - size)) / size
        radius = across**2 + np.where(down < 0, down / 1.7, down) ** 2
        field += 0.07 * np.clip(1.08 - radius, 0, 0.4) / 0.4
    return field


def _bowel(rng: np.random.Generator, u: Field, v: Field) -> Field:
    """Return gas in stomach and bowel."""
    field = np.zeros_like(u)
    spots = [(rng.uniform(0.4, 0.62), rng.uniform(1.0, 1.08))] if rng.random() < 0.55 else []
    spots += [(rng.uniform(-0.9, 0.9), rng.uniform(1.15, 1.5)) for _ in range(rng.integers(0, 4))]
    for x, y in spots:
        du, dv = (u - x) / rng.uniform(0.08, 0.24), (v - y) / rng.uniform(0.03, 0.08)
        ring = du**2 + dv**2 + du * dv * rng.uniform(-1, 1) + 0.25 * np.sin(5 * du + 4 * dv)
        field += rng.uniform(0.02, 0.09) * _step((1 - ring) / 0.25)
    return field


def _hila(rng: np.random.Generator, u: Field, v: Field, patient: Patient) -> Field:
    """Return the attenuation of the hila, blurred spots beside the heart."""
    strength = 0.07 + 0.02 * patient.markings
    right = ((u + 0.23) / 0.075) ** 2 + ((v - 0.45 - rng.normal(0, 0.01)) / 0.10) ** 2
    left = ((u - 0.255) / 0.07) ** 2 + ((v - 0.41 - rng.normal(0, 0.01)) / 0.085) ** 2
    return strength * (np.exp(-right) + np.exp(-left))


def _beside_mediastinum(rng: np.random.Generator, u: Field, v: Field) -> Field:
    """Return the share of air beside the mediastinum, 0 to 1, with a curved, gradual border."""
    border = 0.185 + 0.02 * np.sin(9 * v + rng.uniform(0, 6)) - 0.03 * np.clip(v - 0.2, 0, 0.3)
    return _step((np.abs(u) - border) / 0.022)


def _depth(small: Pose, patient: Patient) -> Field:
    """Return the relative depth of the chest along the ray, near 0 at the wall and 1 inside."""
    ring = np.concatenate([wall(patient, LEFT), [(0, 1.1)], wall(patient, RIGHT)[::-1]])
    distance = _to_edge(fill(small.size, small.place(ring)))
    edge = np.clip(0.10 + distance / (0.15 * small.size), 0, 1)
    return np.sqrt(1 - (1 - edge) ** 2)


def _to_edge(inside: Mask) -> Field:
    return np.asarray(cv2.distanceTransform((inside > 127).astype(np.uint8), cv2.DIST_L2, 3))


def _lung(rng: np.random.Generator, side: int, view: str, v: Field) -> Field:
    """Return lung tissue with density variations at the scales of opacities and lobules."""
    field = 0.055 + 0.03 * np.clip(v - 0.3, 0, 0.7)
    field += 0.020 * _clouds(rng, side, 8) + 0.009 * _clouds(rng, side, 24)
    field += 0.010 * _clouds(rng, side, 80) + 0.006 * _clouds(rng, side, 160)
    if rng.random() < (0.5 if view == "AP" else 0.2):
        field += np.clip(_clouds(rng, side, 5), 0.5, None) * rng.uniform(0.02, 0.10)
    return field


def _step(x: Field) -> Field:
    """Return the logistic function of `x`."""
    return 1 / (1 + np.exp(-np.clip(x, -9, 9)))


def _clouds(rng: np.random.Generator, side: int, cells: int) -> Field:
    noise = rng.standard_normal((cells, cells), np.float32)
    return enlarged(noise, side, cv2.INTER_CUBIC)


def air_space(half: Pose, patient: Patient) -> Field:
    """Return both lungs, 0 to 1 with anti-aliased edges, float32 ``(half.size, half.size)``."""
    both = [fill(half.size, half.place(lung(patient, side))) for side in (LEFT, RIGHT)]
    return np.maximum(*both) * np.float32(1 / 255)


def vessels(pose: Pose, patient: Patient) -> Mask:
    """Return the vessel tree of both lungs, uint8 ``(h, w)``, 255 = densest."""
    rng = np.random.default_rng(patient.texture_seed)
    canvas = np.zeros((pose.size, pose.size), np.uint8)
    trees = [_vessel_tree(rng, side) for side in (LEFT, RIGHT)]
    for level in reversed(range(len(VESSEL_WIDTHS))):
        curves = np.concatenate([tree[level] for tree in trees])
        stroke(canvas, pose.place(curves), VESSEL_VALUES[level], pose.pixels(VESSEL_WIDTHS[level]))
    return canvas


def _vessel_tree(rng: np.random.Generator, side: int) -> list[Points]:
    """Return the branches of each generation, ``(n, steps, 2)`` in chest coordinates."""
    roots = 11
    start = np.array([side * 0.21, 0.44]) + rng.normal(0, (0.035, 0.07), (roots, 2))
    heading = np.linspace(-1.35, 1.35, roots) + rng.normal(0, 0.12, roots)
    found = []
    for length in VESSEL_LENGTHS:
        curves = _grow(rng, start, heading, length, side)
        found.append(curves)
        start, heading = _split(rng, curves, heading)
    return found


def _grow(
    rng: np.random.Generator, start: Points, heading: Points, length: float, side: int
) -> Points:
    bend = rng.normal(0, 0.17, (len(start), VESSEL_STEPS)).cumsum(1)
    angle = heading[:, None] + bend
    step = length * rng.uniform(0.6, 1.35, (len(start), 1)) / VESSEL_STEPS
    moves = np.stack([side * 1.6 * step * np.cos(angle), step * np.sin(angle)], -1)
    moves[:, 0] = 0
    return start[:, None] + moves.cumsum(1)


def _split(rng: np.random.Generator, curves: Points, heading: Points) -> tuple[Points, Points]:
    spread = rng.normal(0.38, 0.15, len(curves))
    at = rng.integers(VESSEL_STEPS // 2, VESSEL_STEPS, len(curves))
    ends = np.concatenate([curves[:, -1], curves[np.arange(len(curves)), at]])
    return ends, np.concatenate([heading + spread, heading - spread])
