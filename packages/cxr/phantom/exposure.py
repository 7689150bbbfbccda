"""Convert attenuation to grey values: exposure, blur, noise, film edges."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cxr.phantom.coordinates import Field, Mask, Pose

STEPS = 2048
SHOULDER = 1.4
"""Exposure at which the film saturates to white."""


def expose(pose: Pose, rng: np.random.Generator, attenuation: Field, film: Mask, view: str) -> Mask:
    """Return the image, uint8 ``(h, w)``, of an attenuation field and the burnt-in text `film`."""
    supine = view == "AP"
    sigma = pose.pixels(rng.uniform(0.4, 0.9) + 0.3 * supine)
    blurred = np.asarray(cv2.GaussianBlur(attenuation, (5, 5), sigma), np.float32)
    field = _film_curve(rng, supine)[_levels(blurred)]
    field += _noise(pose, rng, rng.uniform(0.6, 2.4) + 0.6 * supine)
    np.clip(field, 0, 255, out=field)
    picture = np.maximum(field.astype(np.uint8), film)
    _film_edges(pose, rng, picture)
    return picture


def _levels(attenuation: Field) -> NDArray[np.uint16]:
    """Return the attenuation in units of 1 / `STEPS`, as indices into a film curve."""
    steps = attenuation * np.float32(STEPS)
    return np.clip(steps, 0, 2 * STEPS - 1, out=steps).astype(np.uint16)


def _film_curve(rng: np.random.Generator, supine: bool) -> Field:
    """Return the unrounded grey value of every level after window, gamma and film shoulder."""
    scatter = rng.uniform(0.0, 0.03) + 0.05 * supine * rng.random()
    low = rng.normal(0.06, 0.04) - rng.exponential(0.03) - scatter
    high = rng.normal(0.83, 0.09) + scatter
    gamma = np.exp(rng.normal(0.25, 0.25))
    exposure = (np.arange(2 * STEPS) / STEPS - low) / (high - low)
    exposure = np.clip(exposure, 0, SHOULDER)
    shoulder = exposure * (2 - exposure / SHOULDER) / SHOULDER
    return (250 * shoulder**gamma).astype(np.float32)


def _noise(pose: Pose, rng: np.random.Generator, strength: float) -> Field:
    """Return slightly blurred noise with a standard deviation of about `strength`."""
    grain = rng.integers(0, 256, (pose.size, pose.size), np.uint8)
    smooth = cv2.GaussianBlur(grain, (3, 3), 0.6)
    field = np.subtract(smooth, np.float32(127), dtype=np.float32)
    field *= np.float32(strength / 33)
    return field


def _film_edges(pose: Pose, rng: np.random.Generator, picture: Mask) -> None:
    chance = rng.random(2)
    if chance[0] < 0.25:
        for side in range(4):
            wide = int(pose.pixels(rng.uniform(0, 28)))
            np.rot90(picture, side)[:wide] = 0
    if chance[1] < 0.12:
        bottom = pose.pixels(rng.uniform(20, 120))
        n, slope = pose.size, rng.normal(0, 0.08)
        corners = [(0, n - bottom), (n, n - bottom + slope * n), (n, n), (0, n)]
        cv2.fillPoly(picture, [np.array(corners, np.int32)], 255, cv2.LINE_AA)
