"""Thin lines: what the families of lines must be able to see."""

import cv2
import numpy as np
import pytest

from cxr import Lines, LungLines


def test_lines_see_a_thin_line_on_one_side_only() -> None:
    plain = np.tile(np.linspace(40, 200, 256).astype(np.uint8)[:, None], (1, 256))
    lined = plain.copy()
    cv2.line(lined, (20, 66), (26, 92), 255, 1)  # inside the cells r2c0
    before, after = Lines().compute(plain), Lines().compute(lined)
    gained = {name: after[name] - before[name] for name in after if "bright0_apart" in name}
    assert max(gained, key=gained.__getitem__) == "bright0_apart_r2c0"
    assert after["bright0_low_r2c0"] == pytest.approx(before["bright0_low_r2c0"], abs=0.1)
    assert after["bright0_high_r2c0"] > before["bright0_high_r2c0"] + 1


def test_lung_lines_see_a_line_wherever_it_lies_in_a_lung() -> None:
    chest = np.full((256, 256), 180, np.uint8)
    for centre in (78, 178):
        cv2.ellipse(chest, (centre, 110), (30, 60), 0, 0, 360, 60, cv2.FILLED)
    before, gains = LungLines().compute(chest), []
    assert before["quality"] == 1
    for x, y in ((70, 80), (80, 130), (185, 110)):
        lined = chest.copy()
        cv2.line(lined, (x, y), (x + 3, y + 20), 255, 1)
        after = LungLines().compute(lined)
        assert after["quality"] == 1
        gains.append(after["bright0_high_max"] - before["bright0_high_max"])
        assert after["bright0_low_max"] == pytest.approx(before["bright0_low_max"], abs=0.1)
    assert min(gains) > 0.5
