"""Catheters, tubes, electrodes, film markers and skin folds."""

import cv2
import numpy as np

from cxr.phantom.anatomy import LEFT, RIGHT
from cxr.phantom.coordinates import Mask, Points, Pose, disc, draw_polygon, smooth_curve, stroke

FONT = cv2.FONT_HERSHEY_SIMPLEX

LINES = (
    (0.6, 4, 120, [(0.9, -0.25), (0.5, -0.02), (0.2, 0.06), (0.12, 0.3), (0.14, 0.48)]),
    (0.35, 9, 80, [(0.02, -0.5), (0.0, -0.1), (0.02, 0.22)]),
    (0.35, 5, 110, [(0.0, -0.5), (0.03, 0.2), (0.1, 0.8), (0.3, 1.1)]),
)
"""Catheters and tubes: share of ill patients, width, grey level, course."""


def hardware(pose: Pose, rng: np.random.Generator, view: str, drained: int | None) -> Mask:
    """Return the layer of medical devices, uint8 ``(h, w)``, 255 = densest.

    `drained` is the side of the chest tube, None without one.
    """
    canvas = np.zeros((pose.size, pose.size), np.uint8)
    ill = 0.6 if view == "AP" else 0.12
    if rng.random() < ill:
        _electrodes(pose, canvas, rng)
    for share, width, value, points in LINES:
        if rng.random() < share * ill:
            side = RIGHT if rng.random() < 0.7 else LEFT
            jittered = np.array(points) * (side, 1) + rng.normal(0, 0.025, (len(points), 2))
            curve = pose.place(smooth_curve(jittered, closed=False))
            stroke(canvas, curve, value, pose.pixels(width))
    if drained is not None:
        _chest_tube(pose, canvas, rng, drained)
    return canvas


def _chest_tube(pose: Pose, canvas: Mask, rng: np.random.Generator, side: int) -> None:
    entry = rng.uniform(0.55, 0.85)
    tip = (rng.uniform(0.3, 0.6), rng.uniform(0.1, 0.45))
    points = np.array([(1.45, entry + 0.18), (1.08, entry), (0.82, entry - 0.12), tip])
    curve = pose.place(smooth_curve(points * (side, 1), closed=False))
    stroke(canvas, curve, 45, pose.pixels(13))
    stroke(canvas, curve, 140, pose.pixels(3))


def _electrodes(pose: Pose, canvas: Mask, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(2, 5))):
        at = np.array([rng.uniform(-0.95, 0.95), rng.uniform(0.05, 1.0)])
        leave = np.array([np.sign(at[0]) * rng.uniform(1.2, 1.6), rng.uniform(-0.2, 1.3)])
        between = (at + leave) / 2 + rng.normal(0, 0.12, 2)
        curve = pose.place(smooth_curve(np.stack([at, between, leave]), closed=False))
        stroke(canvas, curve, 110, pose.pixels(3))
        disc(canvas, curve[0], 130, pose.pixels(11))
        disc(canvas, curve[0], 230, pose.pixels(5))


def writing_on_film(pose: Pose, rng: np.random.Generator, view: str) -> Mask:
    """Return the side marker and burnt-in text, uint8 ``(h, w)``, 255 = white."""
    canvas = np.zeros((pose.size, pose.size), np.uint8)
    if rng.random() < 0.9:
        spot = (rng.uniform(0.82, 0.93), rng.uniform(0.05, 0.24))
        _word(pose, canvas, "L", spot, rng.uniform(1.0, 1.7), ring=rng.random() < 0.4)
    if view == "AP" and rng.random() < 0.6:
        spot = (rng.uniform(0.03, 0.15), rng.uniform(0.05, 0.14))
        _word(pose, canvas, "PORTABLE", spot, 0.8)
    if view == "AP" and rng.random() < 0.4:
        _word(pose, canvas, "AP", (rng.uniform(0.78, 0.9), rng.uniform(0.26, 0.3)), 0.8)
    return canvas


def _word(
    pose: Pose, canvas: Mask, word: str, spot: tuple[float, float], scale: float, ring: bool = False
) -> None:
    x, y = int(spot[0] * pose.size), int(spot[1] * pose.size)
    thick = max(1, round(pose.pixels(3)))
    cv2.putText(canvas, word, (x, y), FONT, pose.pixels(scale), 255, thick, cv2.LINE_AA)
    if ring:
        half = int(pose.pixels(9 * scale))
        cv2.circle(canvas, (x + half, y - half), int(pose.pixels(26 * scale)), 255, 2, cv2.LINE_AA)


def skin_folds(pose: Pose, rng: np.random.Generator, view: str) -> Mask | None:
    """Return a skin fold, an edge similar to a pleural line, uint8 ``(h, w)``, or None.

    A fold is densest at its sharp outer edge and fades slowly inwards; vessels cross it, and its
    course does not follow the chest wall.
    """
    if rng.random() > (0.35 if view == "AP" else 0.10):
        return None
    side = RIGHT if rng.random() < 0.5 else LEFT
    top = np.array([rng.uniform(0.35, 0.7), rng.uniform(-0.1, 0.15)])
    end = np.array([rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.1)])
    bow = (top + end) / 2 + (rng.uniform(0.0, 0.12), 0)
    curve = pose.place(smooth_curve(np.stack([top, bow, end]) * (side, 1), closed=False))
    return _one_sided(pose, curve, -side * pose.pixels(rng.uniform(25, 60)))


def _one_sided(pose: Pose, curve: Points, width: float) -> Mask:
    layer = np.zeros((pose.size, pose.size), np.uint8)
    steps = 12
    for k in reversed(range(steps)):
        strip = np.concatenate([curve, np.add(curve, (width * (k + 1) / steps, 0))[::-1]])
        draw_polygon(layer, strip, int(255 * (1 - k / steps) ** 1.5))
    return layer
