from pathlib import Path

import cv2
import numpy as np
import pytest

import drawing
from drawing._picture import CAPTION, PREDICTION, TRUTH


def square(top: int, side: int = 1024) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[top : top + side // 4, side // 2 : side // 2 + side // 4] = 1
    return mask


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


def test_without_masks_the_radiograph_stays_grey() -> None:
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
