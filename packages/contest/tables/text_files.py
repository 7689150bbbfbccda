"""The text of a table's file: plain, gzip or zip; UTF-8 or UTF-16; anything else is named."""

import codecs
import gzip
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from contest._errors import Fault, TableError, shown

MOST = 1 << 29
"""Maximum size of a table in bytes, unpacked."""
CHUNK = 1 << 20
HEAD = 1 << 16
"""Number of bytes that hold the header of a table."""
GZIP, ZIP = b"\x1f\x8b", b"PK"
WORKBOOK = "[Content_Types].xml"
"""A member of every file of Microsoft Office."""
TABLES = (".csv", ".tsv", ".txt")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the first that fits gives the encoding."""
SEPARATOR = re.compile(r'\A\s*"?sep=[^\n]?"?[,;\t|]*(?=\n)', re.IGNORECASE)
"""A first line that tells Excel how columns are separated; it is no part of the table."""
ENCODING_REMEDY = "save it as CSV in UTF-8"


def read_text(path: Path, error: type[TableError]) -> str:
    r"""Return the text of a file with "\n" as the end of each line.

    A gzip file, and a zip file with one table, are unpacked. Both are recognised by their content.

    Args:
        error: class of the error to raise.

    Raises:
        TableError: as `error`, if the file cannot be read, is larger than `MOST`, or is no text.
    """
    raw = _content(path, error, MOST + 1)
    if len(raw) > MOST:
        what, remedy = f"it is larger than {MOST >> 20} MiB", "give the table alone"
        raise error(path, [Fault(what)], remedy)
    encoding = _encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as fault:
        raise error(path, [Fault(_not_text(raw, fault))], ENCODING_REMEDY) from None
    return _with_newlines(text)


def read_head(path: Path, error: type[TableError]) -> str:
    """Return the text at the beginning of a file; bytes that are no text are left out.

    Raises:
        TableError: as `error`, if the file cannot be read.
    """
    raw = _content(path, error, HEAD)
    return _with_newlines(raw.decode(_encoding(raw), errors="ignore"))


def _content(path: Path, error: type[TableError], most: int) -> bytes:
    """Return the first `most` bytes of a file, unpacked."""
    try:
        with open(path, "rb") as file:
            start = file.peek(len(GZIP))
            if start.startswith(GZIP):
                with gzip.GzipFile(fileobj=file) as packed:
                    return _read(packed, most)
            if start.startswith(ZIP):
                return _unzipped(path, file, error, most)
            return _read(file, most)
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error) as fault:
        what, remedy = f"it is a damaged archive ({fault})", "get it again"
    except (NotImplementedError, RuntimeError) as fault:  # unknown compression, encryption
        what, remedy = f"it cannot be unpacked ({fault})", "unpack it and give the table"
    except OSError as fault:
        what, remedy = f"it cannot be read ({fault.strerror or fault})", "give a CSV file"
    raise error(path, [Fault(what)], remedy)


def _read(file: IO[bytes] | gzip.GzipFile, most: int) -> bytes:
    """Return up to `most` bytes; `file.read(most)` would reserve the memory for all of them."""
    chunks = []
    while most > 0 and (chunk := file.read(min(most, CHUNK))):
        chunks.append(chunk)
        most -= len(chunk)
    return b"".join(chunks)


def _unzipped(path: Path, file: IO[bytes], error: type[TableError], most: int) -> bytes:
    """Return the bytes of the only table in a zip file."""
    with zipfile.ZipFile(file) as archive:
        names = [one.filename for one in archive.infolist() if not one.is_dir()]
        if WORKBOOK in names:
            raise error(path, [Fault("it is an Excel workbook, not a CSV file")], ENCODING_REMEDY)
        own = [name for name in names if not _is_litter(PurePosixPath(name))]
        tables = [name for name in own if name.lower().endswith(TABLES)]
        if len(tables) != 1:
            what = f"it is a zip file with {len(tables)} tables: {shown(', '.join(own) or 'empty')}"
            raise error(path, [Fault(what)], "unpack it and give the table")
        with archive.open(tables[0]) as member:
            return _read(member, most)


def _is_litter(name: PurePosixPath) -> bool:
    """Return whether it is metadata of macOS."""
    return name.parts[0] == "__MACOSX" or name.name.startswith("._")


def _encoding(raw: bytes) -> str:
    """Return the encoding: that of the byte order mark; UTF-16 for ASCII with NULs; or UTF-8."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding
    low, high = raw[:8:2], raw[1:8:2]
    if len(high) == 4 and any(low) != any(high):
        if all(low):
            return "utf-16-le"
        if all(high):
            return "utf-16-be"
    return "utf-8"


def _not_text(raw: bytes, fault: UnicodeDecodeError) -> str:
    known = fault.encoding.upper().replace("_", "-")
    if "16" in known or "32" in known:
        return f"it is not {known} text ({fault.reason})"
    line, byte = raw.count(b"\n", 0, fault.start) + 1, raw[fault.start]
    return f"it is not UTF-8 text (line {line}, byte 0x{byte:02X}; perhaps Latin-1)"


def _with_newlines(text: str) -> str:
    """Return the text with uniform ends of lines; the line of the separator becomes blank."""
    return SEPARATOR.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
