"""Outlines, sheets of images, and pictures as files."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drawing
from drawing._picture import CAPTION, PREDICTION, TRUTH


def square(top: int, side: int = 1024) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[top : top + side // 4, side // 2 : side // 2 + side // 4] = 1
    return mask


def ellipse(rng: np.random.Generator, side: int) -> np.ndarray:
    """Return an ellipse, bool `(side, side)`."""
    mask = np.zeros((side, side), np.uint8)
    middle = tuple(int(at) for at in rng.integers(side // 4, 3 * side // 4, 2))
    axes = tuple(int(at) for at in rng.integers(side // 20, side // 6, 2))
    cv2.ellipse(mask, middle, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return mask.astype(bool)


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return where the picture is near `colour`, bool `(h, w)`."""
    return np.abs(picture.astype(int) - np.array(colour)).max(axis=2) < 40


def test_outlines_lie_where_the_masks_end() -> None:
    grey = np.full((512, 512), 90, np.uint8)
    content = drawing.Panel(grey, truth=square(100), prediction=square(600), caption="Dice 0.00")
    picture = drawing.panel(content, 256)
    assert picture.shape == (256 + CAPTION, 256, 3)
    for colour, top in ((TRUTH, 100), (PREDICTION, 600)):
        rows, columns = np.nonzero(has(picture[:256], colour))
        assert abs(rows.min() - top / 4) <= 2
        assert abs(rows.max() - (top / 4 + 64)) <= 2
        assert abs(columns.min() - 128) <= 2
        inside = (slice(int(top / 4) + 8, int(top / 4) + 56), slice(136, 184))
        assert (picture[inside] == 90).all(), "an outline hides nothing"
    assert picture[256:].any(), "the caption is drawn"


def test_without_masks_the_image_stays_grey() -> None:
    image = np.arange(256, dtype=np.uint8).repeat(256).reshape(256, 256)
    picture = drawing.panel(drawing.Panel(image), 256)[:256]
    assert (picture == image[..., None]).all()


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (6, (1, 6)), (7, (2, 6)), (13, (3, 6))])
def test_a_sheet_has_full_rows_under_a_legend(count: int, shape: tuple[int, int]) -> None:
    panels = [drawing.Panel(np.zeros((64, 64), np.uint8), caption=str(k)) for k in range(count)]
    sheet = drawing.contact_sheet(panels, columns=6, size=64)
    assert sheet.shape == (CAPTION + shape[0] * (64 + CAPTION), shape[1] * 64, 3)
    assert sheet.dtype == np.uint8


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one panel"):
        drawing.contact_sheet([])


def test_png_comes_back_as_it_was(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for shape in ((20, 30), (20, 30, 3)):
        picture = rng.integers(0, 256, shape).astype(np.uint8)
        path = tmp_path / "a" / "picture.png"
        drawing.write_png(path, picture)
        assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), picture)
        assert list(path.parent.iterdir()) == [path]


def filled(path: str, side: int) -> np.ndarray:
    """Fill a path of relative steps, by its own reading of SVG, as 0/1 `(side, side)`."""
    picture = np.zeros((side, side), np.uint8)
    for line in path.split("M")[1:]:
        start, steps = line.rstrip("z").split("l")
        numbers = np.array(steps.replace("-", " -").split(), float).reshape(-1, 2)
        corners = np.cumsum(np.vstack([np.array(start.split(), float), numbers]), axis=0)
        cv2.fillPoly(picture, [np.floor(corners).astype(np.int32)], 1)
    return picture


@given(st.integers(0, 10_000))
def test_an_outline_encloses_the_mask_to_a_pixel_or_two(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = (ellipse(rng, 256) | ellipse(rng, 256)).astype(np.uint8)
    found = filled(drawing.outline_path(mask), 256)
    near = np.ones((5, 5), np.uint8)
    assert not (found & (1 - cv2.dilate(mask, near))).any()
    assert not (cv2.erode(mask, near) & (1 - found)).any()


def test_single_pixels_and_empty_masks_have_an_outline_of_their_own() -> None:
    mask = np.zeros((32, 32), bool)
    assert drawing.outline_path(mask) is None
    mask[3, 7] = True
    assert drawing.outline_path(mask) == "M7.5 3.5l0.5 0z"


def test_bytes_are_lossless_as_png_and_bounded_in_quality_as_webp() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    back = cv2.imdecode(np.frombuffer(drawing.png_bytes(picture), np.uint8), cv2.IMREAD_COLOR)
    assert (back == picture).all()
    with pytest.raises(ValueError, match=r"1\.\.100"):
        drawing.webp_bytes(picture, 0)
