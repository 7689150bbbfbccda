"""Every fault of members, truth, folds and weights is named in one line."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import ensembling
import rlemask

SHAPE = (48, 48)

Spoil = Callable[[object], None]


def _replace(scene, **change: object) -> None:
    scene.members[1] = dataclasses.replace(scene.members[1], **change)


def _spoil_map(scene, prob: np.ndarray) -> None:
    scene.members[1].maps["i004"] = prob


FAULTS: dict[str, tuple[Spoil, str]] = {
    "no runs": (lambda s: s.members.clear(), "no run is given"),
    "name twice": (lambda s: _replace(s, name="run0"), "run0 is given more than once"),
    "folds differ": (
        lambda s: _replace(s, folds_digest="xyz"),
        r"run0 has abc, run1 has xyz",
    ),
    "p missing": (
        lambda s: _replace(s, p=s.members[1].p.drop(["i003", "i009"])),
        "run1, probabilities: 2 images are missing, first i003",
    ),
    "p doubled": (
        lambda s: _replace(s, p=pd.concat([s.members[1].p, s.members[1].p[["i005"]]])),
        "run1, probabilities: 1 image ids occur twice, first i005",
    ),
    "p NaN": (
        lambda s: _replace(s, p=s.members[1].p.where(s.members[1].p.index != "i007")),
        r"run1, probabilities: 1 are not in 0..1, first i007: nan",
    ),
    "spread NaN": (
        lambda s: _replace(s, spread=s.members[1].p.where(s.members[1].p.index != "i007")),
        r"run1, spreads: 1 are not in 0..1, first i007: nan",
    ),
    "p too large": (
        lambda s: _replace(s, p=s.members[1].p * 9),
        r"run1, probabilities: \d+ are not in 0..1",
    ),
    "p texts": (
        lambda s: _replace(s, p=s.members[1].p.astype(str)),
        "run1, probabilities: they are .*, not numbers",
    ),
    "map missing": (
        lambda s: s.members[1].maps.pop("i008"),
        "run1, probability maps: 1 images are missing, first i008",
    ),
    "map of floats": (
        lambda s: _spoil_map(s, np.zeros((24, 24))),
        r"run1, probability map of i004: float64 \(24, 24\)",
    ),
    "map not square": (
        lambda s: _spoil_map(s, np.zeros((24, 20), np.uint8)),
        r"run1, probability map of i004: uint8 \(24, 20\)",
    ),
    "map of three axes": (
        lambda s: _spoil_map(s, np.zeros((1, 24, 24), np.uint8)),
        r"run1, probability map of i004: uint8 \(1, 24, 24\)",
    ),
    "truth missing": (lambda s: s.truth.pop("i001"), "the truth: 1 images are missing, first i001"),
    "truth of two shapes": (
        lambda s: s.truth.update(i001=rlemask.empty((40, 48))),
        r"the truth: masks have different shapes, \[\(40, 48\), \(48, 48\)\]",
    ),
    "folds doubled": (
        lambda s: setattr(s, "folds", pd.concat([s.folds, s.folds[:1]])),
        "the folds: 1 image ids occur twice, first i000",
    ),
    "folds NaN": (
        lambda s: setattr(s, "folds", s.folds.where(s.folds.index != "i002")),
        "the folds: 1 images have no fold",
    ),
    "one fold": (lambda s: setattr(s, "folds", s.folds * 0), "at least 2 folds"),
    "patient in two folds": (
        lambda s: setattr(s, "folds", s.folds.where(s.folds.index != "i006", 9)),
        "the folds: 1 groups are in several folds, first 3: repeat `tools cv`",
    ),
    "group missing": (
        lambda s: setattr(s, "groups", s.groups.drop("i006")),
        "the groups: 1 images are missing, first i006",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_in_one_line(scene, fault: str) -> None:
    spoil, message = FAULTS[fault]
    spoil(scene)
    with pytest.raises(ensembling.InputError, match=message) as caught:
        scene.fit()
    assert "\n" not in str(caught.value)


def test_all_faults_are_collected(scene) -> None:
    _replace(scene, p=scene.members[1].p.drop("i003"), folds_digest="xyz")
    scene.members[1].maps.pop("i008")
    with pytest.raises(ensembling.InputError) as caught:
        scene.fit()
    assert len(caught.value.faults) == 3


def test_all_faulty_maps_are_collected(scene) -> None:
    for image_id in ("i004", "i010", "i020"):
        scene.members[0].maps[image_id] = np.zeros((3, 3, 3), np.uint8)
    with pytest.raises(ensembling.InputError) as caught:
        scene.fit()
    assert len(caught.value.faults) == 3


def test_apply_wants_the_runs_of_the_blend(scene) -> None:
    blend = scene.fit()
    ids = list(scene.folds.index)
    with pytest.raises(ensembling.InputError, match="needs run run1, which is missing"):
        ensembling.apply(blend, scene.members[:1], ids, shape=SHAPE)
    _replace(scene, name="other")
    with pytest.raises(ensembling.InputError, match="run other is not part of the blend"):
        scene.apply(blend)
    _replace(scene, name="run1", maps=None)
    with pytest.raises(ensembling.InputError, match="run1 has no probability maps of these images"):
        scene.apply(blend)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"run0": 1}, "no weight for run1"),
        ({"run0": 1, "run1": 1, "x": 1}, "x is not a member"),
        ({"run0": 1, "run1": -1}, "the weight of run1 is -1"),
        ({"run0": 1, "run1": float("nan")}, "the weight of run1 is nan"),
        ({"run0": 0, "run1": 0}, "are all 0"),
    ],
)
def test_faulty_weights_are_refused(scene, weights: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scene.fit(weights=weights)
