"""Pictures, maps, outlines and curves as bytes."""

import gzip
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from reporting.page import encode
from tests.drawing.test_drawing_picture import filled
from tests.reporting import blobs

GALLERY = blobs.gallery(8)
PICTURES = GALLERY.pictures
IDS = list(GALLERY.table.index)
NO_MAP = IDS[5]


def read(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def test_an_image_comes_back_nearly_as_it_was() -> None:
    data = encode.image_bytes(PICTURES, IDS[0], 192, 80)
    assert data[8:12] == b"WEBP"
    wanted = PICTURES.image(IDS[0], 192).astype(int)
    assert np.abs(read(data) - wanted).mean() < 4
    assert len(encode.image_bytes(PICTURES, IDS[0], 192, 30)) < len(data)


def test_the_map_is_reduced_by_area_and_never_enlarged() -> None:
    levels = PICTURES.probability_map(IDS[0])
    small = read(encode.map_bytes(PICTURES, IDS[0], side=64))
    means = levels.reshape(64, 2, 64, 2).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 0.5
    assert (read(encode.map_bytes(PICTURES, IDS[0], side=4096)) == levels).all()
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
    pictures = SimpleNamespace(curves=lambda _: (np.zeros(255), None))
    with pytest.raises(ValueError, match="256 levels"):
        encode.curves_of(pictures, "a")


def test_outlines_are_null_where_there_is_no_mask_and_scale_to_the_view_box() -> None:
    negative = encode.outlines(GALLERY, IDS[1])
    assert negative["truth"] is None
    sizes = [replace(GALLERY, shape=(side, side)) for side in (128, 512)]
    small, large = (filled(encode.outlines(one, IDS[0])["truth"], one.shape[0]) for one in sizes)
    assert small.sum() * 16 == pytest.approx(large.sum(), rel=0.05)


def test_the_outline_of_the_other_is_there_only_if_there_is_one() -> None:
    assert encode.outlines(GALLERY, IDS[0]).keys() == {"truth", "prediction"}
    both = encode.outlines(replace(GALLERY, other="rival"), IDS[0])
    assert both["other"] == encode.outlines(GALLERY, IDS[0])["truth"], "see Blobs.other"
