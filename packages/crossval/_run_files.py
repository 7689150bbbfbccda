"""Renaming and deleting runs."""

import os
from pathlib import Path

import jobs
from crossval._errors import CrossvalError
from crossval._runs import Run


def rename_run(run: Run, name: str) -> Run:
    """Give a run another name; `Run.start` finds it by its configuration.

    Raises:
        jobs.BadName: nothing can be stored under the name.
        CrossvalError: the name is taken.
        jobs.Busy: another process works on the run.
    """
    jobs.check_name(name, "a run")
    renamed = Run(run.path.with_name(name))
    if renamed.path.exists():
        raise CrossvalError(f"{renamed.path} exists: choose another name")
    with jobs.lock(run.path), jobs.naming_system_errors(run.path):
        os.rename(run.path, renamed.path)
    _lock_of(run).unlink(missing_ok=True)
    return renamed


def delete_run(run: Run) -> None:
    """Delete the files of a run, all or none of those that others see.

    Raises:
        jobs.Busy: another process works on the run.
    """
    with jobs.lock(run.path):
        jobs.remove(run.path)
    _lock_of(run).unlink(missing_ok=True)


def _lock_of(run: Run) -> Path:
    return run.path.with_name(f"{run.name}.lock")
