"""Atomic writes, locks, digests, names, progress and parallel work.

The lowest package. The program writes all files with `writing` or `writing_folder`, so that a kill
at any moment leaves the old or the new state.
"""

from jobs._compiled import compiled
from jobs._engine import engine, engine_state
from jobs._errors import (
    BadName,
    Busy,
    CannotAccess,
    DiskFull,
    EngineError,
    FileError,
    JobError,
    NotInstalled,
    NotReadable,
    UserError,
    WorkerDied,
    first_few,
    known_names,
)
from jobs._extras import EXTRAS, PROJECT, install_command, missing, require, versions
from jobs._files import (
    FileState,
    digest,
    files_below,
    lock,
    read_json,
    remove,
    reserve,
    write_json,
    write_text,
    writing,
    writing_folder,
)
from jobs._kept import cached_json, file_digest, mark_used, read_table, write_table
from jobs._map import Report, available_cores, run, silent
from jobs._names import check_name, name_fault
from jobs._progress import PlainProgress
from jobs._system_errors import naming_system_errors, system_error

__all__ = [
    "EXTRAS",
    "PROJECT",
    "BadName",
    "Busy",
    "CannotAccess",
    "DiskFull",
    "EngineError",
    "FileError",
    "FileState",
    "JobError",
    "NotInstalled",
    "NotReadable",
    "PlainProgress",
    "Report",
    "UserError",
    "WorkerDied",
    "available_cores",
    "cached_json",
    "check_name",
    "compiled",
    "digest",
    "engine",
    "engine_state",
    "file_digest",
    "files_below",
    "first_few",
    "install_command",
    "known_names",
    "lock",
    "mark_used",
    "missing",
    "name_fault",
    "naming_system_errors",
    "read_json",
    "read_table",
    "remove",
    "require",
    "reserve",
    "run",
    "silent",
    "system_error",
    "versions",
    "write_json",
    "write_table",
    "write_text",
    "writing",
    "writing_folder",
]
