"""Whatever is done to a file, only a DicomError comes out, soon."""

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomio
from dicomio._header import record
from dicomio._image import image_from_bytes
from dicomio._structure import parse

LARGEST = 60_000
SECONDS = 5.0
edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "end", "length"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def samples(real_files: list[Path]) -> list[Path]:
    """Small files, three of each transfer syntax."""
    by_syntax: dict[str, list[Path]] = {}
    for path in real_files:
        if path.suffix == ".dcm" and path.stat().st_size <= LARGEST:
            try:
                syntax = parse(path.read_bytes(), path).syntax
            except dicomio.DicomError:
                continue
            by_syntax.setdefault(syntax, []).append(path)
    assert len(by_syntax) >= 10
    return [path for paths in by_syntax.values() for path in paths[:3]]


def edited(data: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    changed = bytearray(data)
    for kind, where, value in changes:
        at = int(where * len(changed))
        if kind == "set":
            changed[at : at + len(value)] = value
        elif kind == "cut":
            del changed[at : at + 16 * len(value)]
        elif kind == "insert":
            changed[at:at] = value
        elif kind == "end":
            del changed[max(at, 1) :]
        else:
            changed[at : at + 4] = b"\xff\xff\xff" + value[:1]
        if not changed:
            break
    return bytes(changed)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choice=st.integers(0, 10**6), changes=edits, inside=st.booleans())
def test_only_dicom_errors_escape(
    samples: list[Path], choice: int, changes: list[tuple[str, float, bytes]], inside: bool
) -> None:
    path = samples[choice % len(samples)]
    data = path.read_bytes()
    if inside:  # within the compressed picture, leaving the structure whole
        fragments = parse(data, path).fragments[1:]
        start, length = fragments[0] if fragments else (0, len(data))
        only = [change for change in changes if change[0] == "set"] or [("set", 0.5, b"\xff")]
        part = edited(data[start : start + length], only)[:length]
        data = data[:start] + part.ljust(length, b"\0") + data[start + length :]
    else:
        data = edited(data, changes)
    began = time.monotonic()
    with suppress(dicomio.DicomError):
        image = image_from_bytes(data, path, 16)
        assert image.shape == (16, 16)
        assert image.dtype == np.uint8
        assert record(data, path)["rows"] > 0
    assert time.monotonic() - began < SECONDS


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_noise(data: bytes, mark: bool) -> None:
    path = Path("noise.dcm")
    with pytest.raises(dicomio.DicomError):
        image_from_bytes((b"\0" * 128 + b"DICM" if mark else b"") + data, path)
