"""The display steps, against pydicom's functions and the formulas of the standard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

import dicomio
from dicomio._display import modality_step, voi_step
from dicomio._lookup import palette
from dicomio._structure import parse

Writer = Callable[..., Path]
RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def lut_item(entries: np.ndarray, first: int, bits: int, order: str = "<") -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item.add_new(0x00283006, "OW", entries.astype(f"{order}u2").tobytes())
    return item


def test_eight_bits_pass_unchanged(write_native: Writer, picture: Callable) -> None:
    values = picture()
    np.testing.assert_array_equal(dicomio.read_image(write_native(values)), values)
    path = write_native(values, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(dicomio.read_image(path), 255 - values)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(2048, 4096), (1000.5, 300), (50, 2), (4000, 1)])
def test_windows_are_those_of_pydicom(
    write_native: Writer, function: str, center: float, width: float
) -> None:
    if width == 1 and function == "LINEAR":
        pytest.skip("pydicom divides by zero here; see the test of the step function")
    path = write_native(
        RAMP, BitsStored=12, WindowCenter=center, WindowWidth=width, VOILUTFunction=function
    )
    with np.errstate(over="ignore"):
        reference = apply_voi_lut(RAMP, dcmread(path)) * 255 / 4095
    assert np.abs(dicomio.read_image(path) - reference).max() <= 0.5 + 1e-9


def test_a_linear_window_of_width_one_is_a_step(write_native: Writer) -> None:
    path = write_native(RAMP, BitsStored=12, WindowCenter=100, WindowWidth=1)
    np.testing.assert_array_equal(dicomio.read_image(path), np.where(RAMP > 99.5, 255, 0))


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_an_impossible_window_counts_as_missing(write_native: Writer, width: float) -> None:
    path = write_native(RAMP, WindowCenter=100, WindowWidth=width)
    plain = write_native(RAMP, "plain.dcm")
    np.testing.assert_array_equal(dicomio.read_image(path), dicomio.read_image(plain))
    remarks = dicomio.record(path.read_bytes(), path)["remarks"]
    assert remarks == f"WindowWidth {width:g} is implausible and counts as missing"


def test_the_first_of_several_windows_counts(write_native: Writer) -> None:
    one = write_native(RAMP, "one.dcm", WindowCenter=1000, WindowWidth=500)
    two = write_native(RAMP, "two.dcm", WindowCenter=[1000, 3000], WindowWidth=[500, 100])
    np.testing.assert_array_equal(dicomio.read_image(one), dicomio.read_image(two))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_tables_are_those_of_pydicom(write_native: Writer, syntax: str) -> None:
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    rng = np.random.default_rng(3)
    modality = lut_item(rng.integers(0, 1024, 3000), 500, 16, order)
    voi = lut_item(np.sort(rng.integers(0, 4096, 900)), 64, 12, order)
    path = write_native(
        RAMP, syntax=syntax, BitsStored=12, ModalityLUTSequence=[modality], VOILUTSequence=[voi]
    )
    dataset = dcmread(path)
    middle = apply_modality_lut(RAMP, dataset)
    reference = apply_voi_lut(middle, dataset)
    file = parse(path.read_bytes(), path)
    step = modality_step(file)
    assert step is not None
    np.testing.assert_array_equal(step(RAMP.astype(np.float64)), middle)
    np.testing.assert_array_equal(
        dicomio.read_image(path), np.rint(reference.astype(np.float64) * 255 / 4095)
    )


def test_a_table_comes_before_a_window(write_native: Writer) -> None:
    voi = lut_item(np.arange(256), 0, 8)
    tags: dict[str, Any] = {"WindowCenter": 2000, "WindowWidth": 10}
    path = write_native(RAMP, VOILUTSequence=[voi], **tags)
    np.testing.assert_array_equal(dicomio.read_image(path), np.minimum(RAMP, 255))


@pytest.mark.parametrize(("slope", "intercept"), [(2.5, -1024.0), (-1.0, 4095.0)])
def test_rescale_comes_before_the_window(
    write_native: Writer, slope: float, intercept: float
) -> None:
    path = write_native(
        RAMP, RescaleSlope=slope, RescaleIntercept=intercept, WindowCenter=1500, WindowWidth=1000
    )
    x = apply_modality_lut(RAMP, dcmread(path))
    linear = np.clip(((x - 1499.5) / 999 + 0.5) * 255, 0, 255)
    assert np.abs(dicomio.read_image(path) - linear).max() <= 0.5 + 1e-9


def test_without_a_window_the_frames_range_is_spread(write_native: Writer) -> None:
    values = RAMP // 2 + 300
    expected = np.rint((values - 300.0) * 255 / 2047)
    np.testing.assert_array_equal(dicomio.read_image(write_native(values)), expected)
    turned = write_native(values, RescaleSlope=-2.0, RescaleIntercept=7.0)
    np.testing.assert_array_equal(dicomio.read_image(turned), 255 - expected)
    signed = write_native(values.astype(np.int16) - 1000)
    np.testing.assert_array_equal(dicomio.read_image(signed), expected)


def test_padding_does_not_count_for_the_range(write_native: Writer) -> None:
    values = (RAMP // 4 + 100).astype(np.int16)
    values[0] = -2000
    path = write_native(values, PixelPaddingValue=-2000)
    image = dicomio.read_image(path)
    assert image[0].max() == 0
    assert image[1:].min() == 0
    assert image.max() == 255
    assert len(np.unique(image)) == 256


def test_constant_images_are_black(write_native: Writer) -> None:
    path = write_native(np.full((4, 4), 700, np.uint16))
    assert dicomio.read_image(path).max() == 0


@pytest.mark.parametrize("bits", [1, 4, 7])
def test_few_bits_are_spread_from_their_range(write_native: Writer, bits: int) -> None:
    values = np.arange(1 << bits, dtype=np.uint8).reshape(2, -1)
    path = write_native(values, BitsStored=bits)
    np.testing.assert_array_equal(
        dicomio.read_image(path), np.rint(values * (255 / ((1 << bits) - 1)))
    )


def test_floats(write_native: Writer) -> None:
    path = write_native(np.zeros((2, 2), np.uint32))
    dataset = dcmread(path)
    del dataset.PixelData
    dataset.FloatPixelData = np.array([[-1.5, 0.0], [1.5, np.nan]], np.float32).tobytes()
    dataset.save_as(path)
    assert dicomio.read_image(path).tolist() == [[0, 128], [255, 0]]


def grey(rgb: np.ndarray) -> np.ndarray:
    return rgb @ np.array([0.299, 0.587, 0.114])


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's remarks on its odd files
def test_palettes_are_those_of_pydicom(real_files: list[Path]) -> None:
    seen = 0
    for path in real_files:
        if path.suffix != ".dcm":
            continue
        dataset = dcmread(path, force=True)
        name = dataset.get("PhotometricInterpretation")
        if name != "PALETTE COLOR" or "TransferSyntaxUID" not in dataset.file_meta:
            continue
        if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            continue  # pydicom reads 16-bit big-endian tables in the wrong order
        file = parse(path.read_bytes(), path)
        values = dataset.pixel_array
        colours = apply_color_lut(values, dataset)
        np.testing.assert_allclose(palette(file)(values), grey(colours), atol=1e-6)
        seen += 1
    assert seen >= 4


def test_a_segmented_palette(write_native: Writer) -> None:
    parts = [0, 3, 10, 20, 30, 1, 5, 255, 2, 2, 0, 0, 0, 0]
    data = bytes(parts)
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [16, 0, 8]
        tags[f"Segmented{colour}PaletteColorLookupTableData"] = data
    values = np.arange(16, dtype=np.uint8).reshape(4, 4)
    path = write_native(values, **tags)
    expected = apply_color_lut(values, dcmread(path))[..., 0]
    np.testing.assert_array_equal(dicomio.read_image(path), expected)


@pytest.mark.parametrize("depth", [1, 4])
def test_a_palette_bomb_stays_small(write_native: Writer, depth: int) -> None:
    data = bytes([0, 2, 1, 2] + [2, 255, 0, 0, 0, 0] * depth * 100)
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [0, 0, 8]
        tags[f"Segmented{colour}PaletteColorLookupTableData"] = data
    path = write_native(np.zeros((4, 4), np.uint8), **tags)
    with pytest.raises(dicomio.NotDicom, match="segmented palette"):
        dicomio.read_image(path)


def test_a_table_without_enough_data(write_native: Writer) -> None:
    item = lut_item(np.arange(10), 0, 12)
    item.LUTDescriptor = [4000, 0, 12]
    path = write_native(RAMP, VOILUTSequence=[item])
    with pytest.raises(dicomio.NotDicom, match="20 bytes for 4000 entries"):
        dicomio.read_image(path)


def test_no_voi_means_none(write_native: Writer) -> None:
    path = write_native(RAMP, RescaleSlope=1.0, RescaleIntercept=0.0)
    file = parse(path.read_bytes(), path)
    assert modality_step(file) is None
    assert voi_step(file) is None
