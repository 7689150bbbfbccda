"""Lung markings: vessels that branch from the hilum and fade outwards."""

import numpy as np

from cxrphantom._anatomy import LEFT, RIGHT, Patient
from cxrphantom._frame import Frame, Mask, Points, stroke

STEPS = 9
WIDTHS = (12.0, 7.0, 4.0, 2.6, 1.6)
VALUES = (120, 125, 115, 100, 75)
LENGTHS = (0.11, 0.13, 0.12, 0.11, 0.10)


def vessels(frame: Frame, patient: Patient) -> Mask:
    """Return the vessel tree of both lungs, uint8 ``(h, w)``, 255 = densest."""
    rng = np.random.default_rng(patient.texture_seed)
    canvas = np.zeros((frame.size, frame.size), np.uint8)
    trees = [_tree(rng, side) for side in (LEFT, RIGHT)]
    for level in reversed(range(len(WIDTHS))):
        curves = np.concatenate([tree[level] for tree in trees])
        stroke(canvas, frame.place(curves), VALUES[level], frame.pixels(WIDTHS[level]))
    return canvas


def _tree(rng: np.random.Generator, side: int) -> list[Points]:
    """Return per generation the branches ``(n, steps, 2)`` in chest coordinates."""
    roots = 11
    start = np.array([side * 0.21, 0.44]) + rng.normal(0, (0.035, 0.07), (roots, 2))
    heading = np.linspace(-1.35, 1.35, roots) + rng.normal(0, 0.12, roots)
    found = []
    for length in LENGTHS:
        curves = _grow(rng, start, heading, length, side)
        found.append(curves)
        start, heading = _split(rng, curves, heading)
    return found


def _grow(
    rng: np.random.Generator, start: Points, heading: Points, length: float, side: int
) -> Points:
    bend = rng.normal(0, 0.17, (len(start), STEPS)).cumsum(1)
    angle = heading[:, None] + bend
    step = length * rng.uniform(0.6, 1.35, (len(start), 1)) / STEPS
    moves = np.stack([side * 1.6 * step * np.cos(angle), step * np.sin(angle)], -1)
    moves[:, 0] = 0
    return start[:, None] + moves.cumsum(1)


def _split(rng: np.random.Generator, curves: Points, heading: Points) -> tuple[Points, Points]:
    spread = rng.normal(0.38, 0.15, len(curves))
    at = rng.integers(STEPS // 2, STEPS, len(curves))
    ends = np.concatenate([curves[:, -1], curves[np.arange(len(curves)), at]])
    return ends, np.concatenate([heading + spread, heading - spread])
