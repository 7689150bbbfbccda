"""Draw one synthetic radiograph with its pneumothorax mask.

The image is modelled as attenuation: body thickness, less the air in the lungs, plus heart, bones,
vessels and devices. Free air removes lung markings; exposure, blur and noise follow. Smooth layers
are computed on a coarse grid and enlarged, sharp ones are drawn at full size.
"""

from dataclasses import dataclass

import numpy as np

from cxr.phantom.anatomy import LEFT, RIGHT, Patient, draw_patient, draw_pose, lung
from cxr.phantom.chest import FreeAir, attenuation
from cxr.phantom.coordinates import Mask, Pose, fill
from cxr.phantom.devices import writing_on_film
from cxr.phantom.exposure import expose
from cxr.phantom.lesion import annotate, draw_pockets, region

AP_SHARE = 0.416
POSITIVE_SHARE = 0.222


@dataclass(frozen=True)
class Phantom:
    """A synthetic radiograph.

    Attributes:
        image: uint8 ``(h, w)``, bright = dense.
        mask: uint8 ``(h, w)``, 1 = pneumothorax; the union of `rows`.
        rows: masks of the annotation rows, each like `mask`; empty without pneumothorax.
        lungs: uint8 ``(h, w)``, 1 = inside the lung fields.
        view: ``"PA"`` or ``"AP"``.
        age: years.
        sex: ``"M"`` or ``"F"``.
    """

    image: Mask
    mask: Mask
    rows: tuple[Mask, ...]
    lungs: Mask
    view: str
    age: int
    sex: str


def radiograph(
    rng: np.random.Generator,
    *,
    patient: Patient | None = None,
    positive: bool | None = None,
    view: str | None = None,
    size: int = 1024,
) -> Phantom:
    """Return a random synthetic chest radiograph, the same for the same state of `rng`.

    Args:
        rng: random number generator.
        patient: patient of the image; None draws one.
        positive: with pneumothorax; None draws it with the competition's share of 0.222.
        view: ``"PA"`` or ``"AP"``; None draws it with the competition's share of AP, 0.416.
        size: side of the image in pixels, a multiple of 64, at least 128.
    """
    check_size(size)
    if view not in (None, "PA", "AP"):
        raise ValueError(f"view must be 'PA' or 'AP', not {view!r}")
    patient = draw_patient(rng) if patient is None else patient
    positive = bool(rng.random() < POSITIVE_SHARE) if positive is None else positive
    view = ("AP" if rng.random() < AP_SHARE else "PA") if view is None else view
    return _take(rng, patient, positive, view, draw_pose(rng, patient, view, size))


def check_size(size: int) -> None:
    """Raise ValueError unless `size` is a multiple of 64 and at least 128."""
    if size < 128 or size % 64:
        raise ValueError(f"size must be a multiple of 64 and at least 128, not {size}")


def _take(
    rng: np.random.Generator, patient: Patient, positive: bool, view: str, pose: Pose
) -> Phantom:
    solid = {side: _inside(pose, patient, side) for side in (LEFT, RIGHT)}
    lungs = solid[LEFT] | solid[RIGHT]
    air, rows = _free_air(rng, patient, pose, solid) if positive else (None, [])
    dense = attenuation(rng, pose, patient, view, air)
    image = expose(pose, rng, dense, writing_on_film(pose, rng, view), view)
    mask = np.maximum.reduce(rows) if rows else np.zeros_like(lungs)
    return Phantom(image, mask, tuple(rows), lungs, view, patient.age, patient.sex)


def _inside(pose: Pose, patient: Patient, side: int) -> Mask:
    return (fill(pose.size, pose.place(lung(patient, side))) > 127).astype(np.uint8)


def _free_air(
    rng: np.random.Generator, patient: Patient, pose: Pose, solid: dict[int, Mask]
) -> tuple[FreeAir, list[Mask]]:
    pockets = draw_pockets(rng, patient)
    regions = [region(pose, patient, pocket, solid[pocket.side]) for pocket in pockets]
    rows = annotate(rng, regions, solid[LEFT] | solid[RIGHT])
    affected = np.maximum.reduce([solid[pocket.side] for pocket in pockets])
    return FreeAir(np.maximum.reduce(regions), affected, pockets[0].side), rows
