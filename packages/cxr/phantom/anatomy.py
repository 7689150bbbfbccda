"""Patients, poses and the outlines of chest wall, lungs, heart and body."""

from dataclasses import dataclass

import numpy as np

from cxr.phantom.coordinates import Points, Pose, smooth_curve

LEFT, RIGHT = 1, -1
"""Side of the patient's lung as the sign of ``u``; the left lung is at the right of the image."""


@dataclass(frozen=True)
class Patient:
    """Sex, age and anatomy of one patient, equal in all of the patient's radiographs.

    Shape fields are deviations from an average chest, roughly standard normal; `texture_seed`
    seeds vessels and ribs; `side` and `site` are the preferred position of a pneumothorax.
    """

    sex: str
    age: int
    width: float
    length: float
    fat: float
    heart: float
    apex: float
    dome: float
    density: float
    markings: float
    side: int
    site: float
    texture_seed: int


def draw_patient(rng: np.random.Generator) -> Patient:
    """Return a random patient, aged 5 to 90."""
    shape = np.clip(rng.standard_normal(8), -2.2, 2.2).tolist()
    sex = "M" if rng.random() < 0.54 else "F"
    age = int(np.clip(rng.normal(48, 17), 5, 90))
    side = RIGHT if rng.random() < 0.6 else LEFT
    site, texture_seed = float(rng.random()), int(rng.integers(2**32))
    width, length, fat, heart, apex, dome, density, markings = shape
    return Patient(
        sex, age, width, length, fat, heart, apex, dome, density, markings, side, site, texture_seed
    )


def draw_pose(rng: np.random.Generator, patient: Patient, view: str, size: int) -> Pose:
    """Return a random pose; AP views are supine, more rotated and less inspired than PA views."""
    supine = view == "AP"
    wobble = rng.standard_normal(5).tolist()
    height = 0.575 - 0.055 * supine + 0.03 * patient.length + (0.02 + 0.02 * supine) * wobble[0]
    return Pose(
        size=size,
        x=0.5 + 0.018 * wobble[1],
        top=0.135 + 0.03 * supine + (0.022 + 0.012 * supine) * wobble[2],
        half_width=0.352 + 0.015 * patient.width + 0.017 * wobble[3] - 0.005 * supine,
        height=float(np.clip(height, 0.36, 0.68)),
        angle=float(np.clip((0.012 + 0.025 * supine) * wobble[4], -0.09, 0.09)),
    )


def wall(patient: Patient, side: int) -> Points:
    """Return the inner chest wall ``(n, 2)`` in chest coordinates.

    The curve runs from the medial side of the apex over the apex to the costophrenic angle.
    """
    apex = 0.03 * patient.apex
    u = [0.17, 0.215, 0.31, 0.42, 0.555, 0.70, 0.82, 0.91, 0.97, 1.0, 0.995, 0.965]
    v = [0.125, 0.05, 0.008, 0.005, 0.05, 0.145, 0.275, 0.43, 0.61, 0.79, 0.93, 1.0]
    points = np.column_stack([u, v])
    points[3:7, 0] += apex, apex, apex, apex / 2
    return smooth_curve(points * (side, 1), closed=False)


def lung(patient: Patient, side: int) -> Points:
    """Return the closed outline ``(n, 2)`` of the air space of one side in chest coordinates."""
    dome = 0.03 * patient.dome + (0.03 if side == LEFT else -0.01)
    medial = 0.14 if side == LEFT else 0.19
    u = [0.965, 0.90, 0.75, 0.55, 0.37, 0.24, medial, medial - 0.01, 0.16, 0.15, 0.17]
    v = np.array([1.0, 0.935, 0.855, 0.81, 0.825, 0.88, 0.86, 0.62, 0.40, 0.22, 0.125])
    v[1:7] += dome / 2, dome, dome, dome, dome, dome
    lower = smooth_curve(np.column_stack([u, v]), closed=False)
    return np.concatenate([wall(patient, side), lower[1:-1] * (side, 1)])


def heart(patient: Patient, view: str) -> Points:
    """Return the closed outline ``(n, 2)`` of heart and great vessels in chest coordinates."""
    wide = 1 + 0.09 * patient.heart + 0.16 * (view == "AP")
    knob = 0.165 + 0.0009 * patient.age
    points = np.array(
        [
            (-0.13, 0.10),
            (-0.145, 0.25),
            (-0.16, 0.42),
            (-0.235 * wide, 0.56),
            (-0.265 * wide, 0.70),
            (-0.22 * wide, 0.86),
            (0.05, 0.97),
            (0.42 * wide, 0.965),
            (0.555 * wide, 0.88),
            (0.55 * wide, 0.79),
            (0.44 * wide, 0.64),
            (0.30 * wide, 0.51),
            (0.215, 0.43),
            (0.20, 0.36),
            (knob, 0.325),
            (knob + 0.035, 0.265),
            (knob - 0.01, 0.21),
            (0.135, 0.10),
        ]
    )
    return smooth_curve(points, closed=True)


def body(patient: Patient, arms: float) -> Points:
    """Return the silhouette ``(n, 2)`` in chest coordinates; `arms` 0 (down) to 1 (raised)."""
    flank = 1.17 + 0.06 * patient.fat
    half = np.array(
        [
            (0.30, -0.60),
            (0.31, -0.28),
            (0.42, -0.17),
            (0.95, -0.10),
            (1.45, -0.02 - 0.15 * arms),
            (1.75, 0.12 - 0.25 * arms),
            (1.75, 0.45 - 0.25 * arms),
            (1.42, 0.44 - 0.08 * arms),
            (flank + 0.08, 0.50),
            (flank + 0.03, 0.64),
            (flank, 0.85),
            (flank + 0.02, 1.1),
            (flank + 0.08, 1.5),
            (flank + 0.1, 2.0),
        ]
    )
    return smooth_curve(np.concatenate([half, half[::-1] * (-1, 1)]), closed=True)
