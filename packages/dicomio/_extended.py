"""JPEG Extended (processes 2 and 4) for greyscale, 8 or 12 bits a sample.

Source: ITU-T T.81 F.2 (Huffman decoding of DC and AC coefficients), A.3.3 (inverse DCT), A.3.6
(zigzag order). The inverse DCT is computed in double precision and rounded, the reference of
T.83; libjpeg's integer form differs by at most one level.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import idctn

import jobs
from dicomio._entropy import SLACK, BadStream, read_stream

PROCESSES = (0xC0, 0xC1)
"""Baseline is the 8-bit special case."""
ZIGZAG = np.array(
    sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8)),
    np.int64,
)
"""Position in the block, row by row, of each coefficient of the stream (figure A.6)."""


def decode_extended(data: bytes) -> NDArray[np.uint16]:
    """Return the samples of a greyscale stream, uint16 ``(h, w)``.

    Raises:
        BadStream: the stream is damaged or not greyscale.
    """
    stream = read_stream(data, PROCESSES)
    if stream.bits not in (8, 12) or len(stream.components) != 1:
        raise BadStream(f"{stream.bits} bits a sample, {len(stream.components)} components")
    try:
        quantisation = stream.quantisation[stream.components[0][2]]
        dc, ac = stream.codes[stream.tables[0] >> 4], stream.codes[16 | stream.tables[0] & 15]
    except KeyError as error:
        raise BadStream("a table is missing") from error
    down, across = -(-stream.rows // 8), -(-stream.columns // 8)
    blocks = np.zeros((down * across, 64), np.int32)
    interval = stream.restart or len(blocks)
    needed = -(-len(blocks) // interval)
    if len(stream.segments) < needed:
        raise BadStream(f"{len(stream.segments)} of {needed} restart intervals")
    for number in range(needed):
        part = blocks[number * interval : (number + 1) * interval]
        if not _coefficients(stream.segments[number], dc, ac, ZIGZAG, part):
            raise BadStream("its data end early or hold a code that does not exist")
    scale = np.zeros(64)
    scale[ZIGZAG] = quantisation
    grid = (blocks * scale).reshape(down, across, 8, 8)
    levels = idctn(grid, axes=(2, 3), norm="ortho", overwrite_x=True)
    top = (1 << stream.bits) - 1
    levels = np.clip(np.rint(levels) + (top + 1) // 2, 0, top).astype(np.uint16)
    picture = levels.transpose(0, 2, 1, 3).reshape(8 * down, 8 * across)
    return np.ascontiguousarray(picture[: stream.rows, : stream.columns])


@jobs.jit
def _take(data: NDArray[np.uint8], at: int, table: NDArray[np.int32]) -> tuple[int, int]:
    """Return the symbol that begins at bit `at` (-1: none) and its length."""
    i = at >> 3
    word = (np.int64(data[i]) << 16) | (np.int64(data[i + 1]) << 8) | np.int64(data[i + 2])
    entry = table[(word >> (8 - (at & 7))) & 0xFFFF]
    if entry == 0:
        return -1, 0
    return entry >> 8, entry & 0xFF


@jobs.jit
def _signed(data: NDArray[np.uint8], at: int, size: int) -> int:
    """Return the value of `size` bits at bit `at` (T.81 F.2.2.1, EXTEND)."""
    if size == 0:
        return 0
    i = at >> 3
    word = (np.int64(data[i]) << 16) | (np.int64(data[i + 1]) << 8) | np.int64(data[i + 2])
    bits = (word >> (24 - (at & 7) - size)) & ((1 << size) - 1)
    return int(bits if bits >= 1 << (size - 1) else bits - (1 << size) + 1)


@jobs.jit
def _coefficients(
    data: NDArray[np.uint8],
    dc: NDArray[np.int32],
    ac: NDArray[np.int32],
    zigzag: NDArray[np.int64],
    out: NDArray[np.int32],
) -> bool:
    """Fill the blocks of one restart interval; False where the data do not suffice."""
    end = 8 * (data.size - SLACK)
    at, level = 0, 0
    for block in range(out.shape[0]):
        if at >= end:
            return False
        size, length = _take(data, at, dc)
        if size < 0 or size > 16:
            return False
        level += _signed(data, at + length, size)
        at += length + size
        out[block, 0] = level
        k = 1
        while k < 64:
            if at >= end:
                return False
            symbol, length = _take(data, at, ac)
            run, size = symbol >> 4, symbol & 15
            if symbol < 0:
                return False
            at += length
            if size == 0:
                if run != 15:
                    break
                k += 16
                continue
            k += run
            if k > 63:
                return False
            out[block, zigzag[k]] = _signed(data, at, size)
            at += size
            k += 1
    return at <= end
