"""Chest coordinates, and drawing of curves and polygons.

Anatomy is described in chest coordinates ``(u, v)``: ``u`` runs from -1 (the inner chest wall at
the left of the image, the patient's right) over 0 (the spine) to +1, ``v`` from 0 (the lung apex)
to 1 (the costophrenic angle). A `Pose` maps chest coordinates to pixels.
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Field = NDArray[np.floating[Any]]
Mask = NDArray[np.uint8]
SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Pose:
    """Position, size and rotation of the chest in an image of ``size`` x ``size`` pixels.

    Lengths are fractions of the image side, `angle` is in radians.
    """

    size: int
    x: float
    top: float
    half_width: float
    height: float
    angle: float

    def place(self, points: Points) -> Points:
        """Return the pixel positions x, y ``(n, 2)`` of chest coordinates ``(n, 2)``."""
        x = self.half_width * points[..., 0]
        y = self.height * (points[..., 1] - 0.5)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        middle = self.top + self.height / 2
        return np.stack([self.x + cos * x - sin * y, middle + sin * x + cos * y], -1) * self.size

    def resized(self, size: int) -> "Pose":
        """Return the same pose for an image of ``size`` x ``size`` pixels."""
        return replace(self, size=size)

    def grid(self) -> tuple[Field, Field]:
        """Return the chest coordinates u and v of every pixel, float32 ``(size, size)`` each."""
        at = ((np.arange(self.size) + 0.5) / self.size).astype(np.float32)
        x, y = at[None, :] - self.x, at[:, None] - (self.top + self.height / 2)
        cos, sin = float(np.cos(self.angle)), float(np.sin(self.angle))
        return (cos * x + sin * y) / self.half_width, (cos * y - sin * x) / self.height + 0.5

    def pixels(self, length: float) -> float:
        """Return `length`, in pixels of a 1024-pixel image, in pixels of this image."""
        return length * self.size / 1024


def enlarged(field: Field, size: int, how: int = cv2.INTER_LINEAR) -> Field:
    """Return `field` interpolated to ``(size, size)``."""
    return np.asarray(cv2.resize(field, (size, size), interpolation=how), np.float32)


def blurred(field: Field, sigma: float) -> Field:
    """Return `field` after a Gaussian blur of `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def unit(layer: Mask, blur: float) -> Field:
    """Return a 0-255 layer as float32, 0 to 1, after a Gaussian blur of `blur` < 2 pixels."""
    field = np.asarray(cv2.GaussianBlur(layer, (5, 5), blur) if blur > 0 else layer)
    return np.multiply(field, np.float32(1 / 255), dtype=np.float32)


def smooth_curve(points: Points, *, closed: bool, per_segment: int = 12) -> Points:
    """Return a Catmull-Rom spline through `points` ``(n, 2)``, densely sampled.

    Source: Catmull & Rom, "A class of local interpolating splines", 1974 (uniform form).
    """
    points = np.asarray(points, float)
    if closed:
        p = np.concatenate([points[-1:], points, points[:2]])
    else:
        p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, per_segment, endpoint=False)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None, :] for i in range(4))
    linear, square, cube = c - a, 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    curve = (0.5 * (2 * b + linear * t + square * t**2 + cube * t**3)).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, points[-1:]])


def fixed(points: Points) -> NDArray[np.int32]:
    """Return pixel positions as cv2 fixed-point numbers with `SUBPIXEL_BITS`."""
    return np.round((points - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def fill(shape: int, polygon: Points) -> Mask:
    """Return uint8 ``(shape, shape)``: 255 inside `polygon` (pixel positions), anti-aliased."""
    canvas = np.zeros((shape, shape), np.uint8)
    draw_polygon(canvas, polygon, 255)
    return canvas


def draw_polygon(canvas: Mask, polygon: Points, value: int) -> None:
    """Fill `polygon` ``(n, 2)`` (pixel positions) on `canvas`."""
    cv2.fillPoly(canvas, [fixed(polygon)], value, cv2.LINE_AA, SUBPIXEL_BITS)


def disc(canvas: Mask, centre: Points, value: int, radius: float) -> None:
    """Fill a disc about `centre` ``(2,)`` (pixel position) on `canvas`."""
    x, y = fixed(centre).tolist()
    reach = int(radius * (1 << SUBPIXEL_BITS))
    cv2.circle(canvas, (x, y), reach, value, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def stroke(canvas: Mask, curve: Points, value: int, width: float) -> None:
    """Draw `curve` ``(n, 2)`` or several ``(k, n, 2)`` (pixel positions) onto `canvas`."""
    lines = list(fixed(curve.reshape(-1, *curve.shape[-2:])))
    cv2.polylines(canvas, lines, False, value, max(1, round(width)), cv2.LINE_AA, SUBPIXEL_BITS)


def band(curve: Points, width: Points | float) -> Points:
    """Return the polygon of a ribbon of the given full width (pixels) around `curve`."""
    tangent = np.gradient(curve, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    half = np.broadcast_to(np.asarray(width, float) / 2, len(curve))[:, None]
    return np.concatenate([curve + half * normal, (curve - half * normal)[::-1]])
