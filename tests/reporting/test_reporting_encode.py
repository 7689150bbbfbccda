"""Pictures, maps, outlines and curves as bytes."""

import gzip

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drawing
from reporting.page import encode
from tests.reporting import blobs

GALLERY = blobs.gallery(8)
PICTURES = GALLERY.pictures
IDS = list(GALLERY.table.index)
NO_MAP = IDS[5]


def read(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def test_the_radiograph_comes_back_nearly_as_it_was() -> None:
    data = encode.image_bytes(PICTURES, IDS[0], 192, 80)
    assert data[8:12] == b"WEBP"
    wanted = PICTURES.image(IDS[0], 192).astype(int)
    assert np.abs(read(data) - wanted).mean() < 4
    assert len(encode.image_bytes(PICTURES, IDS[0], 192, 30)) < len(data)


def test_the_map_is_reduced_by_area_and_never_enlarged() -> None:
    soft = PICTURES.soft(IDS[0])
    small = read(encode.map_bytes(PICTURES, IDS[0], side=64))
    means = soft.reshape(64, 2, 64, 2).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 0.5
    assert (read(encode.map_bytes(PICTURES, IDS[0], side=4096)) == soft).all()
    assert encode.map_bytes(PICTURES, NO_MAP) is None


def test_curves_are_little_endian_and_gzip_holds_them_in_order() -> None:
    parts = [encode.curves_of(PICTURES, image_id) for image_id in IDS]
    table = gzip.decompress(encode.curves_blob(parts))
    assert len(table) == len(IDS) * encode.CURVE_BYTES
    for k, image_id in enumerate(IDS):
        row = table[k * 2048 : (k + 1) * 2048]
        area, score = np.frombuffer(row[:1024], "<u4"), np.frombuffer(row[1024:], "<f4")
        if image_id == NO_MAP:
            assert not area.any()
            assert np.isnan(score).all()
            continue
        wanted = PICTURES.curves(image_id)
        assert (area == wanted[0]).all()
        assert score == pytest.approx(wanted[1], abs=1e-7)
    assert encode.curves_blob(parts) == encode.curves_blob(parts), "the clock is not inside"


def test_curves_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="256 levels"):
        encode.curve_bytes(np.zeros(255), None)


def test_outlines_are_null_where_there_is_no_mask_and_scale_to_the_view_box() -> None:
    healthy = encode.outlines(PICTURES, IDS[1], GALLERY.shape)
    assert healthy["truth"] is None
    small = filled(encode.outlines(PICTURES, IDS[0], (128, 128))["truth"], 128)
    large = filled(encode.outlines(PICTURES, IDS[0], (512, 512))["truth"], 512)
    assert small.sum() * 16 == pytest.approx(large.sum(), rel=0.05)


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
    mask = (blobs.blob(rng, 256) | blobs.blob(rng, 256)).astype(np.uint8)
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
