"""Doubles are found, others are not; odd header fields are named."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import dicomio
from dicomio._frame import find_files


@dataclass
class Stack:
    """Pictures in memory, as a cache shows them."""

    ids: list[str]
    pixels: np.ndarray


def variants(picture: np.ndarray) -> dict[str, np.ndarray]:
    """The same picture after what happens to pictures on their way."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return {
        "original": picture,
        "recompressed": cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE),
        "darker": (picture * 0.6).astype(np.uint8),
        "softer": cv2.resize(small, picture.shape[::-1], interpolation=cv2.INTER_LINEAR),
    }


def pictures(count: int, side: int = 128) -> np.ndarray:
    rng = np.random.default_rng(5)
    coarse = rng.random((count, 12, 12)).astype(np.float32)
    grown = [cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in coarse]
    return np.clip(np.stack(grown) * 220, 0, 255).astype(np.uint8)


def test_variants_of_a_picture_are_found_and_others_are_not() -> None:
    others = pictures(30)
    copies = variants(others[7])
    stack = Stack(
        [*map(str, range(30)), *copies], np.concatenate([others, np.stack([*copies.values()])])
    )
    found = {frozenset(pair[:2]) for pair in dicomio.near_duplicates(stack)}
    family = ["7", *copies]
    assert found == {frozenset((a, b)) for a in family for b in family if a < b}
    distances = [pair.distance for pair in dicomio.near_duplicates(stack)]
    assert distances == sorted(distances)
    assert distances[0] == 0.0


def test_pairs_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*map(str, range(40))], np.tile(pictures(20), (2, 1, 1)))
    whole = dicomio.near_duplicates(stack)
    assert len(whole) == 20
    monkeypatch.setattr("dicomio._audit.CHUNK", 7)
    assert dicomio.near_duplicates(stack) == whole


def test_empty_pictures_are_nobodys_double() -> None:
    stack = Stack(["a", "b"], np.zeros((2, 64, 64), np.uint8))
    assert dicomio.near_duplicates(stack) == []


def test_real_pictures_have_no_false_doubles(siim: Path) -> None:
    names, _ = find_files(siim)
    chosen = names[::10]
    stack = Stack(chosen, np.stack([dicomio.read_image(siim / name, 128) for name in chosen]))
    assert dicomio.near_duplicates(stack) == []
    copies = variants(stack.pixels[0])
    family = Stack([*copies], np.stack([*copies.values()]))
    assert len(dicomio.near_duplicates(family)) == 6


def test_exact_doubles() -> None:
    frame = pd.DataFrame({"digest": ["x", "y", "x", "z", "y", "x"]}, index=list("fedcba"))
    assert dicomio.exact_duplicates(frame) == [["a", "d", "f"], ["b", "e"]]


def test_odd_headers(
    write_native: Callable[..., Path], picture: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    usual = {
        "PatientAge": "050Y",
        "PatientSex": "F",
        "Modality": "CR",
        "ViewPosition": "PA",
        "BodyPartExamined": "CHEST",
        "PixelSpacing": [0.1, 0.1],
    }
    for number in range(120):
        write_native(picture(number), f"images/{number:03d}.dcm", **usual)
    write_native(picture(0), "images/old.dcm", **usual | {"PatientAge": "413Y"})
    write_native(picture(1), "images/foot.dcm", **usual | {"BodyPartExamined": "FOOT"})
    del usual["ViewPosition"]
    write_native(picture(2), "images/wide.dcm", **usual | {"PatientAge": "049Y"})
    frame = dicomio.read_frame(tmp_path / "images", workers=1)
    assert dicomio.header_oddities(frame) == [
        ("foot", "body_part", "FOOT, as in 1 of 123 images"),
        ("old", "patient_age", "an age of 413 years"),
        ("wide", "view", "not given"),
    ]
