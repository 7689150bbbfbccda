"""The table of a folder, kept between calls as long as no file's name, size or time changes."""

import json
import os
from pathlib import Path

import pandas as pd

import jobs
from imagestack._errors import Fault
from imagestack._table import TABLE_VERSION, Scan, scan


def kept_scan(folder: str | Path, cache: str | Path, report: jobs.Report = jobs.silent) -> Scan:
    """Return what `scan` does, from `cache` where it is there; `cache` is made if missing.

    Raises:
        FrameError: the folder does not exist or holds no image.
    """
    folder, cache = Path(folder), Path(cache)
    stem = cache / f"frame-v{TABLE_VERSION}-{jobs.digest(_listing(folder))}"
    kept, faulty = stem.with_suffix(".parquet"), stem.with_suffix(".json")
    if not (kept.exists() and faulty.exists()):
        table, faults = scan(folder, report=report)
        jobs.write_text(faulty, json.dumps(faults))
        with jobs.writing(kept) as temporary:
            table.to_parquet(temporary)
    return Scan(pd.read_parquet(kept), [Fault(*one) for one in jobs.read_json(faulty)])


def _listing(folder: Path) -> bytes:
    """Return name, size and time of every file; no name holds a zero byte."""
    files = jobs.files_below(folder)
    return b"".join(
        b"%b\0%d\0%d\0" % (os.fsencode(one.name), one.size, one.modified) for one in files
    )
