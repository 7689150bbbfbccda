"""JPEG Lossless (processes 14 and 14-SV1), exact.

Source: ITU-T T.81 H.1.2 (prediction, table H.1), H.1.2.2 (difference categories, table H.2).
Checked against GDCM in the tests.
"""

import numpy as np
from numpy.typing import NDArray

import jobs
from dicomio._entropy import SLACK, BadStream, read_stream

PROCESSES = (0xC3,)


def decode_lossless(data: bytes) -> NDArray[np.uint16]:
    """Return the samples of a JPEG Lossless stream, uint16 ``(h, w, samples)``.

    Raises:
        BadStream: the stream is damaged.
    """
    stream = read_stream(data, PROCESSES)
    samples = len(stream.components)
    if not 2 <= stream.bits <= 16 or stream.approximation >= stream.bits:
        raise BadStream(f"{stream.bits} bits a sample")
    if any(sampling != 0x11 for _, sampling, _ in stream.components) and samples > 1:
        raise BadStream("its components are subsampled")
    if not 1 <= stream.start <= 7:
        raise BadStream(f"predictor {stream.start}")
    try:
        tables = np.stack([stream.codes[table >> 4] for table in stream.tables])
    except KeyError as error:
        raise BadStream("a Huffman table is missing") from error
    out = np.zeros((stream.rows, stream.columns, samples), np.uint16)
    interval = stream.restart or out.shape[0] * out.shape[1]
    if interval % stream.columns:
        raise BadStream("a restart inside a line")
    needed = -(-stream.rows * stream.columns // interval)
    if len(stream.segments) < needed:
        raise BadStream(f"{len(stream.segments)} of {needed} restart intervals")
    lines = interval // stream.columns
    bits = stream.bits - stream.approximation
    for number in range(needed):
        part = out[number * lines : (number + 1) * lines]
        if not _decode(stream.segments[number], tables, stream.start, bits, part):
            raise BadStream("its data end early or hold a code that does not exist")
    return out << np.uint16(stream.approximation)


@jobs.jit
def _decode(
    data: NDArray[np.uint8],
    tables: NDArray[np.int32],
    predictor: int,
    bits: int,
    out: NDArray[np.uint16],
) -> bool:
    """Fill `out` from one restart interval; False where the data do not suffice."""
    rows, columns, samples = out.shape
    end = 8 * (data.size - SLACK)
    at = 0
    for y in range(rows):
        for x in range(columns):
            for s in range(samples):
                if at >= end:
                    return False
                i = at >> 3
                word = (
                    (np.int64(data[i]) << 32)
                    | (np.int64(data[i + 1]) << 24)
                    | (np.int64(data[i + 2]) << 16)
                    | (np.int64(data[i + 3]) << 8)
                    | np.int64(data[i + 4])
                )
                shift = 40 - (at & 7)
                entry = tables[s, (word >> (shift - 16)) & 0xFFFF]
                length, size = entry & 0xFF, entry >> 8
                if length == 0 or size > 16:
                    return False
                at += length
                difference = np.int64(0)
                if size == 16:
                    difference = np.int64(32768)
                elif size > 0:
                    difference = (word >> (shift - length - size)) & ((1 << size) - 1)
                    if difference < (1 << (size - 1)):
                        difference -= (1 << size) - 1
                    at += size
                if y == 0:
                    guess = np.int64(out[0, x - 1, s]) if x > 0 else np.int64(1 << (bits - 1))
                elif x == 0:
                    guess = np.int64(out[y - 1, 0, s])
                else:
                    a = np.int64(out[y, x - 1, s])
                    b = np.int64(out[y - 1, x, s])
                    c = np.int64(out[y - 1, x - 1, s])
                    if predictor == 1:
                        guess = a
                    elif predictor == 2:
                        guess = b
                    elif predictor == 3:
                        guess = c
                    elif predictor == 4:
                        guess = a + b - c
                    elif predictor == 5:
                        guess = a + ((b - c) >> 1)
                    elif predictor == 6:
                        guess = b + ((a - c) >> 1)
                    else:
                        guess = (a + b) >> 1
                out[y, x, s] = np.uint16((guess + difference) & 0xFFFF)
    return at <= end
