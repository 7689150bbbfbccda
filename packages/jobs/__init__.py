"""What every long job needs: whole-or-nothing writes, locks, digests, progress, parallel work.

The bottom of the ladder. Everything the program leaves on disk goes through `writing` or
`writing_folder`, so that a kill at any moment leaves the old state or the new one.
"""

from jobs._compiled import compiled, jit
from jobs._digest import digest
from jobs._engine import engine, engine_state
from jobs._errors import (
    Busy,
    DiskFull,
    EngineError,
    JobError,
    NotReadable,
    UnfitWorker,
    Unreachable,
    UserError,
    WorkerDied,
)
from jobs._files import (
    read_json,
    write_json,
    write_text,
    writing,
    writing_folder,
)
from jobs._locks import lock
from jobs._map import available_cores, run
from jobs._progress import Report, silent
from jobs._walk import FileState, files_below

__all__ = [
    "Busy",
    "DiskFull",
    "EngineError",
    "FileState",
    "JobError",
    "NotReadable",
    "Report",
    "UnfitWorker",
    "Unreachable",
    "UserError",
    "WorkerDied",
    "available_cores",
    "compiled",
    "digest",
    "engine",
    "engine_state",
    "files_below",
    "jit",
    "lock",
    "read_json",
    "run",
    "silent",
    "write_json",
    "write_text",
    "writing",
    "writing_folder",
]
