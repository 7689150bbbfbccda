"""The box around both lungs."""

import dataclasses

import numpy as np
import pytest

import cxr.phantom
from cxrlungs import LungFields, lung_box

WHOLE = (0, 0, 256, 256)


def lungs(left: slice, right: slice, rows: slice) -> LungFields:
    masks = np.zeros((2, 256, 256), bool)
    masks[0, rows, left] = masks[1, rows, right] = True
    return LungFields(masks[0], masks[1], 1.0)


@pytest.mark.parametrize(
    ("found", "margin", "wanted"),
    [
        (lungs(slice(40, 110), slice(140, 200), slice(50, 210)), 0.1, (24, 34, 216, 226)),
        (lungs(slice(5, 110), slice(140, 251), slice(50, 250)), 0.1, (0, 30, 256, 256)),
        # white bases: 100 high but 160 wide, so it goes on to 128
        (lungs(slice(40, 110), slice(140, 200), slice(50, 150)), 0.0, (40, 50, 200, 178)),
        (lungs(slice(80, 120), slice(130, 160), slice(50, 200)), 0.1, WHOLE),
        (dataclasses.replace(lungs(slice(9), slice(9), slice(9)), quality=0.0), 0.1, WHOLE),
    ],
)
def test_a_box_holds_both_lungs_and_a_margin(
    monkeypatch: pytest.MonkeyPatch,
    found: LungFields,
    margin: float,
    wanted: tuple[int, int, int, int],
) -> None:
    monkeypatch.setattr("cxrlungs._box.lung_fields", lambda _: found)
    assert lung_box(np.zeros((128, 128), np.uint8), margin) == wanted


def test_boxes_of_phantoms_hold_their_lungs_and_leave_much_out() -> None:
    held, shares = [], []
    for seed in range(8):
        phantom = cxr.phantom.radiograph(np.random.default_rng(seed), size=128)
        left, top, right, bottom = (edge // 2 for edge in lung_box(phantom.image, 0.12))
        inside = (phantom.lungs > 0)[top:bottom, left:right]
        held.append(inside.sum() / (phantom.lungs > 0).sum())
        shares.append(inside.size / phantom.image.size)
    assert np.median(held) > 0.97
    assert 0.3 < np.median(shares) < 0.9


def test_a_picture_of_one_grey_value_is_left_whole() -> None:
    assert lung_box(np.full((64, 64), 9, np.uint8), 0.1) == WHOLE
