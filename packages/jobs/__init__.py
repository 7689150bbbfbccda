"""Atomic writes, locks, digests, progress and parallel work.

The lowest package. The program writes all files with `writing` or `writing_folder`, so that a kill
at any moment leaves the old or the new state.
"""

from jobs._compiled import compiled
from jobs._engine import engine, engine_state
from jobs._errors import (
    Busy,
    DiskFull,
    EngineError,
    FileError,
    JobError,
    NotReadable,
    UserError,
    WorkerDied,
    first_few,
    known_names,
)
from jobs._files import (
    FileState,
    digest,
    files_below,
    lock,
    read_json,
    write_json,
    write_text,
    writing,
    writing_folder,
)
from jobs._kept import cached_json, file_digest, read_table, write_table
from jobs._map import Report, available_cores, run, silent

__all__ = [
    "Busy",
    "DiskFull",
    "EngineError",
    "FileError",
    "FileState",
    "JobError",
    "NotReadable",
    "Report",
    "UserError",
    "WorkerDied",
    "available_cores",
    "cached_json",
    "compiled",
    "digest",
    "engine",
    "engine_state",
    "file_digest",
    "files_below",
    "first_few",
    "known_names",
    "lock",
    "read_json",
    "read_table",
    "run",
    "silent",
    "write_json",
    "write_table",
    "write_text",
    "writing",
    "writing_folder",
]
