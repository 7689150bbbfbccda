"""Attenuation field of the chest: tissue, lungs, free air, bones, vessels and devices."""

from dataclasses import dataclass

import cv2
import numpy as np

from cxr.phantom.anatomy import LEFT, RIGHT, Patient
from cxr.phantom.bones import ribs, shoulders
from cxr.phantom.coordinates import Field, Mask, Pose, enlarged, unit
from cxr.phantom.devices import hardware, skin_folds
from cxr.phantom.tissue import air_space, draw_tissue, vessels

TUBE_WITH, TUBE_WITHOUT = 0.35, 0.05
"""Share of images with a chest tube among those with and without pneumothorax."""
DARKER, PLEURA = 0.042, 0.022
"""Median attenuation removed by free air beyond the lung's own, and added by the pleura."""


@dataclass(frozen=True)
class FreeAir:
    """Free air between chest wall and lung.

    Attributes:
        region: mask of the air, 0/1 ``(h, w)``.
        lungs: air space of the affected sides, 0/1 ``(h, w)``.
        side: side of the first pocket.
    """

    region: Mask
    lungs: Mask
    side: int


def attenuation(
    rng: np.random.Generator, pose: Pose, patient: Patient, view: str, air: FreeAir | None
) -> Field:
    """Return the attenuation, float32 ``(h, w)``: 0 outside the body, about 0.8 in the abdomen."""
    half = pose.resized(pose.size // 2)
    tissue = draw_tissue(pose, rng, patient, view, air_space(half, patient))
    solid = tissue.dense + _bones_seen(rng, half, patient, view) * tissue.bone
    strength = np.float32(0.085 + 0.012 * patient.markings)
    marks = tissue.aerated * (tissue.lung + strength * unit(vessels(half, patient), 0.6))
    if air is None:
        field = enlarged(solid + marks, pose.size, cv2.INTER_CUBIC)
    else:
        field = enlarged(marks, pose.size, cv2.INTER_CUBIC)
        deep = enlarged(np.minimum(2.5 * tissue.aerated, 1), pose.size)
        _collapse(rng, field, deep, pose, air)
        field += enlarged(solid, pose.size, cv2.INTER_CUBIC)
    _add_things(rng, pose, view, field, air)
    return field


def _collapse(
    rng: np.random.Generator, marks: Field, deep: Field, pose: Pose, air: FreeAir
) -> None:
    """Remove lung markings from the free air, make the remaining lung denser, add the pleura.

    `deep` is the visibility of the air: 1 where the chest is deep, falling to 0 at its wall.
    """
    gone = unit(air.region * np.uint8(255), pose.pixels(1.2))
    lost = air.region.sum() / max(1, int(air.lungs.sum()))
    denser = np.float32(min(1.0, 2.5 * lost)) * unit(air.lungs * np.uint8(255), pose.pixels(1.2))
    marks *= (1 + denser) * (1 - np.float32(rng.uniform(0.5, 1)) * gone)
    marks -= np.float32(DARKER * rng.lognormal(0, 0.5)) * gone * deep
    marks += np.float32(PLEURA * rng.lognormal(0, 0.4)) * _pleura(pose, air)


def _pleura(pose: Pose, air: FreeAir) -> Field:
    """Return the visceral pleura: the border of the free air away from the lung's border."""
    canvas = np.zeros_like(air.region)
    contours, _ = cv2.findContours(air.region, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, contours, -1, 255, max(1, round(pose.pixels(2))), cv2.LINE_AA)
    margin = 2 * round(pose.pixels(3)) + 1
    canvas *= np.asarray(cv2.erode(air.lungs, np.ones((margin, margin), np.uint8)), np.uint8)
    return unit(canvas, pose.pixels(0.7))


def _bones_seen(rng: np.random.Generator, half: Pose, patient: Patient, view: str) -> Field:
    """Return the attenuation of ribs and shoulders; it decreases with age from 40 years."""
    calcium = 1 - 0.0035 * max(0, patient.age - 40)
    back, front = ribs(half, patient, np.random.default_rng(patient.texture_seed + 1))
    bones = cv2.addWeighted(back, 0.36, front, 0.23, 0)
    bones = cv2.addWeighted(bones, 1, shoulders(half, rng, view), 0.42, 0)
    return np.float32(0.26 * calcium) * unit(np.asarray(bones, np.uint8), 0.8)


def _add_things(
    rng: np.random.Generator, pose: Pose, view: str, field: Field, air: FreeAir | None
) -> None:
    drained = None
    if rng.random() < (TUBE_WITHOUT if air is None else TUBE_WITH):
        chance = RIGHT if rng.random() < 0.5 else LEFT
        drained = chance if air is None else air.side
    field += unit(hardware(pose, rng, view, drained), 0) * np.float32(0.28)
    folds = skin_folds(pose, rng, view)
    if folds is not None:
        field += unit(folds, 0) * np.float32(rng.uniform(0.02, 0.05))
