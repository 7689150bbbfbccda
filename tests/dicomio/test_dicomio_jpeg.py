"""JPEG Lossless and Extended, decoded by libjpeg-turbo through imagecodecs, against GDCM."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pixel_array

import dicomio
from dicomio._decode import picture_bytes, stored_values
from dicomio._form import pixel_form
from dicomio._structure import DicomFile, parse
from dicomio._syntax import jpeg_size

LOSSLESS = ("JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "SC_rgb_jpeg_gdcm.dcm")
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def opened(real_files: list[Path], name: str) -> DicomFile:
    path = next(path for path in real_files if path.name == name)
    return parse(path.read_bytes(), path)


def with_picture(file: DicomFile, picture: bytes) -> DicomFile:
    """Return the file with another compressed picture."""
    place = (len(file.data), len(picture))
    return file._replace(data=file.data + picture, fragments=[(0, 0), place])


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_equals_gdcm_on_real_files(real_files: list[Path], name: str) -> None:
    file = opened(real_files, name)
    reference = pixel_array(dcmread(file.path), decoding_plugin="gdcm", raw=True)
    form = pixel_form(file)
    values, _ = stored_values(file, form)
    assert values.dtype == reference.dtype
    np.testing.assert_array_equal(values, reference)
    size = jpeg_size(picture_bytes(file, form, 0))
    assert size is not None
    assert size[:3] == (form.rows, form.columns, form.samples)


def test_colour_comes_as_it_is_stored_whatever_the_markers_of_the_picture_say(
    real_files: list[Path],
) -> None:
    file = opened(real_files, "SC_rgb_jpeg_gdcm.dcm")
    form = pixel_form(file)
    picture = picture_bytes(file, form, 0)
    marked = with_picture(file, picture[:2] + JFIF + picture[2:])
    np.testing.assert_array_equal(stored_values(marked, form)[0], stored_values(file, form)[0])


def test_extended_reads_pydicoms_12_bit_file(real_files: list[Path]) -> None:
    """The values that pydicom's own tests hold for this file, from a decoder we do not use."""
    file = opened(real_files, "JPEG-lossy.dcm")
    decoded = stored_values(file, pixel_form(file))[0].astype(int)
    assert abs(decoded[420, 140] - 244) <= 1
    assert abs(decoded[230, 120] - 95) <= 1
    assert dicomio.read_image(file.path).shape == (1024, 256)


@pytest.mark.parametrize("name", [*LOSSLESS, "JPEG-lossy.dcm"])
@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_picture_is_refused_or_decoded_never_a_crash(
    real_files: list[Path], name: str, seed: int
) -> None:
    file = opened(real_files, name)
    form = pixel_form(file)
    picture = bytearray(picture_bytes(file, form, 0))
    rng = np.random.default_rng(seed)
    for position in rng.integers(2, 600 if seed % 2 else len(picture) - 64, 4):
        picture[position] = rng.integers(256)
    with suppress(dicomio.DecodeFailed, dicomio.Unsupported, dicomio.Truncated):
        values, _ = stored_values(with_picture(file, bytes(picture)), form)
        assert values.shape[:2] == (form.rows, form.columns)
    with pytest.raises(dicomio.DecodeFailed):
        stored_values(with_picture(file, bytes(picture[: 2 + 3 * seed]) + b"\xff\xd9"), form)
