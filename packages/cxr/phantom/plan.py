"""Plan a data set: patients, images, labels and identifiers.

Patients, not images, are split between train and test. The number of positive labels is exact, and
labels of one patient are correlated, as in the competition.
"""

import uuid
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cxr.phantom.anatomy import Patient, draw_patient

Value = TypeVar("Value")

UID_ROOT = "1.2.276.0.7230010.3.1"
HOST = "8323329"
FIRST_SECOND = 1517875160
IMAGES_OF_A_PATIENT = {1: 0.72, 2: 0.15, 3: 0.06, 4: 0.035, 5: 0.015, 6: 0.01, 8: 0.005, 11: 0.005}
SPACINGS = {"0.14300000000000002": 0.358, "0.168": 0.33, "0.139": 0.201, "0.171": 0.066}
SPACINGS["0.19431099999999998"] = 1 - sum(SPACINGS.values())

SAME_PATIENT = 0.75
"""Share of the variance of the label score that is due to the patient."""


@dataclass(frozen=True)
class Plan:
    """Plan of one image; `number` seeds its pixels.

    `study`, `series` and `image_id` are the three UIDs, `group` the patient group of patients.csv,
    `name` the random PatientID and PatientName, `spacing` the PixelSpacing text.
    """

    number: int
    test: bool
    patient: Patient
    group: str
    positive: bool
    age: int
    study: str
    series: str
    image_id: str
    name: str
    spacing: str


def make_plans(*, images: int, test: int, positive_share: float, seed: int) -> list[Plan]:
    """Return the plans of `images` training images followed by `test` test images."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    uids = _uids(rng, images + test)
    groups = rng.permutation(np.arange(1, 32_000))[: images + test]
    plans: list[Plan] = []
    for is_test, count in ((False, images), (True, test)):
        owners = _owners(rng, count, first=len(plans))
        positive = _labels(rng, owners, positive_share)
        patients = {owner: draw_patient(rng) for owner in dict.fromkeys(owners)}
        for owner, label in zip(owners, positive, strict=True):
            number, patient = len(plans), patients[owner]
            plans.append(
                Plan(
                    number,
                    is_test,
                    patient,
                    f"{groups[owner]:08d}",
                    bool(label),
                    patient.age + int(rng.integers(0, 2)),
                    *uids[number],
                    name=str(uuid.UUID(bytes=rng.bytes(16), version=4)),
                    spacing=_drawn(rng, SPACINGS),
                )
            )
    return plans


def _owners(rng: np.random.Generator, count: int, first: int) -> list[int]:
    """Return the patient number of every image, shuffled."""
    owners: list[int] = []
    owner = first
    while len(owners) < count:
        owners += [owner] * min(_drawn(rng, IMAGES_OF_A_PATIENT), count - len(owners))
        owner += 1
    return [owners[i] for i in rng.permutation(count)]


def _drawn(rng: np.random.Generator, shares: dict[Value, float]) -> Value:
    """Return a random key of `shares`, drawn with its probability."""
    return list(shares)[rng.choice(len(shares), p=list(shares.values()))]


def _labels(rng: np.random.Generator, owners: list[int], share: float) -> np.ndarray:
    """Return bool labels, exactly ``round(share * n)`` True, correlated within a patient."""
    distinct, index, many = np.unique(owners, return_inverse=True, return_counts=True)
    # patients with several images are positive more often
    propensity = rng.standard_normal(len(distinct)) + 0.5 * (many > 1)
    score = np.sqrt(SAME_PATIENT) * propensity[index]
    score += np.sqrt(1 - SAME_PATIENT) * rng.standard_normal(len(owners))
    labels = np.zeros(len(owners), bool)
    labels[np.argsort(-score, kind="stable")[: round(share * len(owners))]] = True
    return labels


def _uids(rng: np.random.Generator, count: int) -> list[tuple[str, str, str]]:
    """Return (study, series, image) UIDs in the format of the competition."""
    process = rng.permutation(np.arange(300, 300 + max(14_000, 2 * count)))[:count]
    uids = []
    for number in process:
        stamp = f"{HOST}.{number}.{FIRST_SECOND + number // 170}"
        part = int(rng.integers(3, 999_999))
        study, series = f"{UID_ROOT}.2.{stamp}.{part - 1}", f"{UID_ROOT}.3.{stamp}.{part - 2}"
        uids.append((study, series, f"{UID_ROOT}.4.{stamp}.{part}"))
    return uids
