"""Tables and JSON values that detect damage when they are read."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs._errors import NotReadable
from jobs._files import digest, read_json, write_json, writing

if TYPE_CHECKING:
    import pandas as pd

KEY = "key"
"""Entry of a table's attributes that says what it belongs to."""


def write_table(path: str | Path, table: "pd.DataFrame", key: str = "") -> None:
    """Write a table as parquet with a checksum of each page, atomically.

    Args:
        key: what the table belongs to, such as a digest of its sources; checked by `read_table`.
    """
    kept = table.copy(deep=False)
    kept.attrs = {KEY: key} if key else {}
    with writing(path) as temporary:
        kept.to_parquet(temporary, write_page_checksum=True)


def read_table(path: str | Path, key: str = "") -> "pd.DataFrame":
    """Return a table written by `write_table`, or any other parquet file.

    Args:
        key: refuse a table of another key or without one; "" compares nothing.

    Raises:
        NotReadable: the file is missing, damaged, or of another key.
    """
    import pandas as pd

    path = Path(path)
    if path.is_dir():
        raise NotReadable(f"{path} is a folder: remove {path} and run again")
    if not path.exists():
        raise NotReadable(f"{path} is missing")
    try:
        table = pd.read_parquet(path, page_checksum_verification=True)
    except (OSError, ValueError, KeyError, TypeError) as error:  # those of pyarrow derive from them
        raise NotReadable(f"{path} is damaged ({' '.join(str(error).split())[:200]})") from error
    if key and table.attrs.get(KEY) != key:
        raise NotReadable(f"{path} belongs to other data")
    table.attrs = {}
    return table


def cached_json(path: str | Path, make: Callable[[], Any]) -> Any:
    """Return the JSON value of a cache file, or make and write it.

    The file is made again if it is damaged; a digest of the value is stored beside it.
    """
    with suppress(NotReadable, TypeError, KeyError):  # it is made again
        kept = read_json(path)
        if kept["digest"] == digest(kept["value"]):
            mark_used(path)
            return kept["value"]
    value = make()
    write_json(path, {"digest": digest(value), "value": value})
    return value


def mark_used(path: str | Path) -> None:
    """Set the modification time of a cache's file or folder, by which unused ones are known."""
    with suppress(OSError):  # a cache on a read-only disk has no such mark, and is not cleaned
        os.utime(path)


def file_digest(path: str | Path) -> str:
    """Return a digest of the content of a file, 16 hexadecimal characters, see `digest`.

    Raises:
        NotReadable: it is not a file or cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except IsADirectoryError:
        raise NotReadable(f"{path} is a folder: remove {path} and run again") from None
    except OSError as error:
        raise NotReadable(f"{path} cannot be read: {error.strerror}") from error
