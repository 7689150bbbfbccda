"""A folder of competitions beside the installed ones, as TOOLS_COMPETITIONS names it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import competitions
from contest.spec import metric


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Look for competitions in `folder` too; forget what was imported from it at the end."""
    competitions.__path__.append(str(folder))
    before = set(sys.modules)
    try:
        yield folder
    finally:
        competitions.__path__.remove(str(folder))
        for name in set(sys.modules) - before:
            if name.startswith("competitions.") and str(folder) in str(sys.modules[name].__file__):
                del sys.modules[name]
        metric._checked.cache_clear()
