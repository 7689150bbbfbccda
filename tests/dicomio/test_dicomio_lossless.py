"""JPEG Lossless and 12-bit JPEG: against encoders written here from the standard, and GDCM."""

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dicomio._codestream import jpeg_size
from dicomio._decode import frame_bytes
from dicomio._entropy import BadStream
from dicomio._extended import ZIGZAG, decode_extended
from dicomio._form import pixel_form
from dicomio._lossless import decode_lossless
from dicomio._structure import parse


class Bits:
    """Writes bits, stuffed, with ones as padding (T.81 F.1.2.3)."""

    def __init__(self) -> None:
        self.text: list[str] = []

    def put(self, value: int, length: int) -> None:
        if length:
            self.text.append(f"{value:0{length}b}")

    def bytes(self) -> bytes:
        text = "".join(self.text)
        text += "1" * (-len(text) % 8)
        packed = int(text, 2).to_bytes(len(text) // 8, "big") if text else b""
        return packed.replace(b"\xff", b"\xff\x00")


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def huffman(kind: int, symbols: list[int], length: int) -> bytes:
    """Return a table that gives each symbol a code of the same length: its place in the list."""
    counts = [0] * 16
    counts[length - 1] = len(symbols)
    return segment(0xC4, bytes([kind]) + bytes(counts) + bytes(symbols))


def signed(bits: Bits, value: int, size: int) -> None:
    bits.put(value if value > 0 else value + (1 << size) - 1, size)


def encode_lossless(
    image: np.ndarray, bits: int, predictor: int, restart: int = 0, shift: int = 0
) -> bytes:
    """T.81 H with 5-bit codes for the 17 categories."""
    rows, columns, samples = image.shape
    head = b"\xff\xd8" + huffman(0, list(range(17)), 5)
    parts = b"".join(bytes([s + 1, 0x11, 0]) for s in range(samples))
    head += segment(0xC3, struct.pack(">BHHB", bits, rows, columns, samples) + parts)
    if restart:
        head += segment(0xDD, struct.pack(">H", restart * columns))
    chosen = b"".join(bytes([s + 1, 0]) for s in range(samples))
    head += segment(0xDA, bytes([samples]) + chosen + bytes([predictor, 0, shift]))
    x = image.astype(np.int64) >> shift
    height = restart or rows
    data = [
        _lossless_part(x[top : top + height], bits - shift, predictor)
        for top in range(0, rows, height)
    ]
    joined = data[0]
    for number, part in enumerate(data[1:]):
        joined += bytes([0xFF, 0xD0 + number % 8]) + part
    return head + joined + b"\xff\xd9"


def _lossless_part(x: np.ndarray, bits: int, predictor: int) -> bytes:
    out = Bits()
    for y, i, s in np.ndindex(*x.shape):
        a = x[y, i - 1, s] if i else 0
        b = x[y - 1, i, s] if y else 0
        c = x[y - 1, i - 1, s] if i and y else 0
        if y == 0:
            guess = a if i else 1 << (bits - 1)
        elif i == 0:
            guess = b
        else:
            guess = [a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][
                predictor - 1
            ]
        difference = int(x[y, i, s] - guess) % 65536
        difference -= 65536 if difference > 32768 else 0
        size = abs(difference).bit_length()
        out.put(size, 5)
        if size < 16:
            signed(out, difference, size)
    return out.bytes()


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(),
    bits=st.integers(2, 16),
    predictor=st.integers(1, 7),
    samples=st.sampled_from([1, 3]),
    restart=st.sampled_from([0, 1, 2]),
)
def test_lossless_gives_back_every_sample(
    data: st.DataObject, bits: int, predictor: int, samples: int, restart: int
) -> None:
    shape = (data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6)), samples)
    values = st.integers(0, (1 << bits) - 1)
    image = data.draw(hnp.arrays(np.uint16, shape, elements=values))
    stream = encode_lossless(image, bits, predictor, restart)
    np.testing.assert_array_equal(decode_lossless(stream), image)
    assert jpeg_size(stream) == (*shape, bits)


def test_a_point_transform_drops_low_bits() -> None:
    image = np.arange(24, dtype=np.uint16).reshape(4, 6, 1) * 100
    decoded = decode_lossless(encode_lossless(image, 12, 1, shift=3))
    np.testing.assert_array_equal(decoded, image >> 3 << 3)


def test_lossless_equals_gdcm_on_real_files(real_files: list[Path]) -> None:
    from pydicom import dcmread
    from pydicom.pixels import pixel_array

    names = ("JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "SC_rgb_jpeg_gdcm.dcm")
    seen = 0
    for path in real_files:
        if path.name in names:
            file = parse(path.read_bytes(), path)
            reference = pixel_array(dcmread(path), decoding_plugin="gdcm", raw=True)
            decoded = decode_lossless(frame_bytes(file, pixel_form(file), 0))
            typed = decoded.astype(reference.dtype).reshape(reference.shape)
            np.testing.assert_array_equal(typed, reference)
            seen += 1
    assert seen == 3


@pytest.mark.parametrize("at", range(2, 60, 3))
def test_a_damaged_stream_is_refused_or_decoded_never_a_crash(at: int) -> None:
    rng = np.random.default_rng(at)
    image = rng.integers(0, 4096, (8, 8, 1)).astype(np.uint16)
    stream = bytearray(encode_lossless(image, 12, 4))
    for position in rng.integers(2, len(stream), 4):
        stream[position] = rng.integers(256)
    with suppress(BadStream):
        assert decode_lossless(bytes(stream)).dtype == np.uint16
    with pytest.raises(BadStream):
        decode_lossless(bytes(stream[:at]))


def encode_extended(blocks: np.ndarray, table: np.ndarray, rows: int, columns: int) -> bytes:
    """T.81 F for quantised blocks (n, 8, 8) of 12-bit greyscale, with 8-bit codes."""
    ac = [0x00, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 15)]
    head = b"\xff\xd8" + segment(0xDB, bytes([0]) + bytes(table.reshape(64)[ZIGZAG].tolist()))
    head += segment(0xC1, struct.pack(">BHHB", 12, rows, columns, 1) + bytes([1, 0x11, 0]))
    head += huffman(0x00, list(range(16)), 5) + huffman(0x10, ac, 8)
    head += segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))
    out, last = Bits(), 0
    for block in blocks.reshape(-1, 64)[:, ZIGZAG].tolist():
        difference, last = block[0] - last, block[0]
        size = abs(difference).bit_length()
        out.put(size, 5)
        signed(out, difference, size)
        run = 0
        for k, value in enumerate(block[1:], start=1):
            if value == 0:
                run += 1
                continue
            while run > 15:
                out.put(ac.index(0xF0), 8)
                run -= 16
            size = abs(value).bit_length()
            out.put(ac.index(run << 4 | size), 8)
            signed(out, value, size)
            run = 0
            if k == 63:
                break
        if run:
            out.put(ac.index(0x00), 8)
    return head + out.bytes() + b"\xff\xd9"


def inverse_dct(block: np.ndarray) -> np.ndarray:
    """T.81 A.3.3, term by term."""
    n = np.arange(8)
    basis = np.cos((2 * n[:, None] + 1) * n[None, :] * np.pi / 16) / 2
    basis[:, 0] /= np.sqrt(2)
    return basis @ block @ basis.T


def test_the_zigzag_is_that_of_the_standard() -> None:
    assert ZIGZAG[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    assert ZIGZAG[-6:].tolist() == [53, 60, 61, 54, 47, 55, 62, 63][-6:]
    assert sorted(ZIGZAG.tolist()) == list(range(64))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.0, 1.0))
def test_extended_equals_the_formula(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    down, across = rng.integers(1, 4, 2)
    blocks = rng.integers(-60, 61, (down * across, 8, 8)) * (rng.random((8, 8)) < density)
    blocks[:, 0, 0] = rng.integers(-800, 801, down * across)
    table = rng.integers(1, 32, (8, 8))
    rows, columns = 8 * down - rng.integers(8), 8 * across - rng.integers(8)
    decoded = decode_extended(encode_extended(blocks, table, rows, columns))
    levels = np.stack([inverse_dct(block * table) for block in blocks]) + 2048
    whole = levels.reshape(down, across, 8, 8).transpose(0, 2, 1, 3).reshape(8 * down, 8 * across)
    expected = np.clip(whole, 0, 4095)[:rows, :columns]
    assert decoded.shape == (rows, columns)
    assert np.abs(decoded - expected).max() <= 0.5 + 1e-6


def test_extended_reads_pydicoms_12_bit_file(real_files: list[Path]) -> None:
    """The values that pydicom's own tests hold for this file, from a decoder we do not use."""
    import dicomio

    path = next(path for path in real_files if path.name == "JPEG-lossy.dcm")
    file = parse(path.read_bytes(), path)
    decoded = decode_extended(frame_bytes(file, pixel_form(file), 0)).astype(int)
    assert abs(decoded[420, 140] - 244) <= 1
    assert abs(decoded[230, 120] - 95) <= 1
    assert dicomio.read_image(path).shape == (1024, 256)
