"""Ribs, clavicles, scapulae and humeral heads as attenuation layers."""

import numpy as np

from cxr.phantom.anatomy import LEFT, RIGHT, Patient, wall
from cxr.phantom.coordinates import (
    Mask,
    Points,
    Pose,
    band,
    disc,
    draw_polygon,
    smooth_curve,
    stroke,
)

PAIRS = 10


def ribs(pose: Pose, patient: Patient, rng: np.random.Generator) -> tuple[Mask, Mask]:
    """Return the posterior and anterior rib arcs, uint8 ``(h, w)`` each, 255 = densest bone."""
    back = np.zeros((pose.size, pose.size), np.uint8)
    front = np.zeros_like(back)
    first = -0.06 + rng.normal(0, 0.012)
    gap = 0.107 + rng.normal(0, 0.003)
    for side in (LEFT, RIGHT):
        border = wall(patient, side)
        jitter = rng.normal(0, 0.004, PAIRS)
        for k in range(PAIRS):
            _rib(pose, back, front, border, side, first + gap * k + jitter[k], k)
    return back, front


def _rib(pose: Pose, back: Mask, front: Mask, border: Points, side: int, v: float, k: int) -> None:
    t = np.linspace(0, 1, 22)
    drop = 0.115 + 0.017 * k
    depth = v + drop
    reach = _wall_at(border, depth) + 0.012
    u = 0.10 + (reach - 0.10) * np.sin(t * np.pi / 2)
    arc = v - 0.032 * np.sin(np.pi * np.minimum(1.3 * t, 1)) + drop * (1 - np.cos(t * np.pi / 2))
    width = pose.pixels(1) * (25 + 6 * np.sin(np.pi * t) - 3 * (k < 2))
    _ribbon(pose, back, np.stack([side * u, arc], -1), width, 100, 200)
    if k >= 8:
        return
    fall = 0.11 + 0.012 * k
    inner = 0.40 + 0.02 * k
    u = inner + (reach - inner) * np.cos(t * np.pi / 2)
    arc = depth + fall * np.sin(t * np.pi / 2) ** 1.3
    _ribbon(pose, front, np.stack([side * u, arc], -1), pose.pixels(1) * (30 + 6 * t), 85, 125)


def _ribbon(pose: Pose, canvas: Mask, curve: Points, width: Points, inside: int, edge: int) -> None:
    outline = band(pose.place(curve), width)
    draw_polygon(canvas, outline, inside)
    half = len(outline) // 2
    stroke(canvas, outline[:half], edge, pose.pixels(3))
    stroke(canvas, outline[half:], edge, pose.pixels(4))


def _wall_at(border: Points, v: float) -> float:
    lateral = border[np.argmin(border[:, 1]) :]
    return float(np.interp(v, lateral[:, 1], np.abs(lateral[:, 0])))


def shoulders(pose: Pose, rng: np.random.Generator, view: str) -> Mask:
    """Return clavicles, scapulae and humeral heads, uint8 ``(h, w)``, 255 = densest bone."""
    canvas = np.zeros((pose.size, pose.size), np.uint8)
    lift = 0.03 + 0.05 * (view == "AP") + rng.normal(0, 0.025)
    for side in (LEFT, RIGHT):
        out = rng.normal(0.06, 0.06) - 0.07 * (view == "AP")
        _scapula(pose, canvas, side, out)
        u = side * np.array([0.10, 0.34, 0.66, 0.95, 1.22])
        v = [0.15, 0.115, 0.055 - lift, -0.025 - lift, -0.04 - lift]
        curve = pose.place(smooth_curve(np.column_stack([u, v]), closed=False))
        t = np.linspace(0, 1, len(curve))
        outline = band(curve, pose.pixels(1) * (29 + 12 * (2 * t - 1) ** 2))
        draw_polygon(canvas, outline, 170)
        stroke(canvas, outline, 235, pose.pixels(4))
        head = pose.place(np.array((side * 1.47, 0.05 - lift)))
        disc(canvas, head, 150, pose.pixels(62))
    return canvas


def _scapula(pose: Pose, canvas: Mask, side: int, out: float) -> None:
    u = np.array([0.98, 0.93, 1.0, 1.06, 1.16, 1.36, 1.3]) + out
    v = [0.06, 0.25, 0.43, 0.50, 0.33, 0.12, 0]
    outline = pose.place(smooth_curve(np.column_stack([side * u, v]), closed=True))
    draw_polygon(canvas, outline, 70)
    stroke(canvas, outline, 140, pose.pixels(5))
