"""The parts of a JPEG stream that our own two decoders need: tables, frame, one scan.

Why own decoders: the only permissively licensed one for JPEG Lossless (GDCM) ends the whole
process on some damaged files, and none reads 12-bit JPEG Extended. Both are greyscale or
interleaved colour without subsampling, in one scan, as radiographs are.

Source: ITU-T T.81 B (syntax), C and F.2.2 (Huffman codes).
"""

import re
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SOI, EOI, SOS, DHT, DQT, DRI = 0xD8, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD
RESTART = re.compile(rb"\xff+[\xd0-\xd7]")
MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
SLACK = 8
"""Zero bytes behind the data, so that a decoder may look ahead without checking each byte."""


class BadStream(Exception):
    """The stream breaks T.81 or uses what these decoders leave out; becomes DecodeFailed."""


@dataclass
class Stream:
    """Tables by their number, the frame and the one scan of a JPEG stream."""

    process: int = 0
    bits: int = 0
    rows: int = 0
    columns: int = 0
    components: list[tuple[int, int, int]] = field(default_factory=list)
    """Identifier, sampling factors as one byte, quantisation table of each component."""
    codes: dict[int, NDArray[np.int32]] = field(default_factory=dict)
    """Huffman tables by class and number (T.81 B.2.4.2), in the form of `code_table`."""
    quantisation: dict[int, NDArray[np.int32]] = field(default_factory=dict)
    restart: int = 0
    tables: list[int] = field(default_factory=list)
    """Table byte (Td, Ta) of each component of the scan."""
    start: int = 0
    approximation: int = 0
    segments: list[NDArray[np.uint8]] = field(default_factory=list)
    """Entropy-coded data between restart markers, unstuffed, with `SLACK` behind."""


def read_stream(data: bytes, processes: tuple[int, ...]) -> Stream:
    """Return the parts of a stream whose frame is of the given SOF `processes`.

    Raises:
        BadStream: see there.
    """
    stream, at = Stream(), 2
    if data[:2] != b"\xff\xd8":
        raise BadStream("it does not begin with a picture")
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise BadStream(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise BadStream("a marker segment is cut off")
        at += 2 + length
        try:
            if _segment(stream, marker, body, processes):
                stream.segments = _entropy(data, at)
                return stream
        except (IndexError, struct.error, ValueError) as error:
            raise BadStream(f"marker segment {marker:02X} is damaged") from error
    raise BadStream("it has no scan")


def code_table(counts: bytes, symbols: bytes) -> NDArray[np.int32]:
    """Return for each possible next 16 bits ``symbol << 8 | length``, 0 where no code begins.

    `counts` are the numbers of codes of 1 to 16 bits (T.81 C.2).
    """
    table = np.zeros(1 << 16, np.int32)
    code = taken = 0
    for length, count in enumerate(counts, start=1):
        for symbol in symbols[taken : taken + count]:
            low = code << 16 - length
            if low >= 1 << 16:
                raise ValueError("more codes than bits allow")
            table[low : low + (1 << 16 - length)] = symbol << 8 | length
            code += 1
        taken += count
        code <<= 1
    return table


def _segment(stream: Stream, marker: int, body: bytes, processes: tuple[int, ...]) -> bool:
    """Read one marker segment; True for the start of the scan."""
    if marker == DHT:
        _huffman(stream, body)
    elif marker == DQT:
        _quantisation(stream, body)
    elif marker == DRI:
        stream.restart = struct.unpack(">H", body[:2])[0]
    elif 0xC0 <= marker <= 0xCF and marker not in (0xC8, 0xCC):
        if marker not in processes or stream.components:
            raise BadStream(f"JPEG process {marker - 0xC0} is not read here")
        _frame(stream, marker, body)
    elif marker == SOS:
        _scan(stream, body)
        return True
    return False


def _huffman(stream: Stream, body: bytes) -> None:
    at = 0
    while at < len(body):
        counts = body[at + 1 : at + 17]
        stop = at + 17 + sum(counts)
        if len(counts) < 16 or stop > len(body):
            raise ValueError("cut off")
        stream.codes[body[at]] = code_table(counts, body[at + 17 : stop])
        at = stop


def _quantisation(stream: Stream, body: bytes) -> None:
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        dtype = ">u2" if wide else "u1"
        size = 128 if wide else 64
        values = np.frombuffer(body[at + 1 : at + 1 + size], dtype, 64)
        stream.quantisation[number] = values.astype(np.int32)
        at += 1 + size


def _frame(stream: Stream, marker: int, body: bytes) -> None:
    stream.process = marker
    stream.bits, stream.rows, stream.columns, count = struct.unpack(">BHHB", body[:6])
    parts = [tuple(body[6 + 3 * i : 9 + 3 * i]) for i in range(count)]
    stream.components = [(part[0], part[1], part[2]) for part in parts]


def _scan(stream: Stream, body: bytes) -> None:
    count = body[0]
    chosen = [body[1 + 2 * i] for i in range(count)]
    if chosen != [component[0] for component in stream.components]:
        raise BadStream("its components are not in one scan")
    stream.tables = [body[2 + 2 * i] for i in range(count)]
    stream.start, stream.approximation = body[1 + 2 * count], body[3 + 2 * count] & 15


def _entropy(data: bytes, at: int) -> list[NDArray[np.uint8]]:
    end = MARKER.search(data, at)
    if end is None:
        raise BadStream("its data have no end mark")
    return [
        np.frombuffer(part.replace(b"\xff\x00", b"\xff") + bytes(SLACK), np.uint8)
        for part in RESTART.split(data[at : end.start()])
    ]
