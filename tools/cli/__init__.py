"""The typer application and its entry point."""

import importlib.metadata
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

import jobs
from tools.cli import (
    blend_commands,
    data_commands,
    kaggle_commands,
    run_commands,
    study_commands,
    train_commands,
)
from tools.cli.command import COMMON, Workplace, app, with_common_options
from tools.console import Result, print_error

__all__ = ["app", "main"]

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after Ctrl-C and SIGTERM: 128 and the number of the signal."""

REGISTERED = (
    blend_commands, data_commands, kaggle_commands, run_commands, study_commands, train_commands,
)  # fmt: skip
"""Importing a module of commands registers them."""


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """From images and run-length masks to a validated and scored Kaggle submission.

    Without a command: what is there, and the next step.
    """
    if version:
        print(f"tools {importlib.metadata.version(jobs.PROJECT)}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        defaults = {one.name: one.default for one in COMMON.values()}
        named = os.environ.get("TOOLS_COMPETITION")
        with_common_options(_next_step)(**defaults | {"competition": named})


def _next_step(place: Workplace) -> Result:
    from tools.usecases.start.next_step import next_step

    return next_step(place)


def main() -> None:
    """Run the command line.

    Exit code 0: done; 1: it could not be done; 2: wrong usage; 130 and 143: it was ended by Ctrl-C
    or SIGTERM. A server ends with 0 after Ctrl-C, by which it is stopped.
    """
    _open_streams()
    with _terminable() as terminated:
        code = _run()
    _drop_unwritten()
    sys.exit(TERMINATED if terminated else code)


def _run() -> int:
    """Return the exit code of the command, after its errors were printed."""
    debug = "--debug" in sys.argv[1:]
    try:
        code = app(standalone_mode=False, prog_name="tools")
    except typer.Abort:
        code = _refuse("stopped: nothing was submitted")
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "tools"
        code = _refuse(f"{error.format_message()} (see `{where} --help`)", 2)
    except Exception as error:
        if debug:
            raise
        code = _refuse(_one_line(error))
    if code == INTERRUPTED:
        _refuse("interrupted: run the same command again to go on where it stopped")
    return code or 0


@contextmanager
def _terminable() -> Iterator[list[int]]:
    """Let SIGTERM end the block as Ctrl-C does; yield a list that then holds the signal.

    Kept are handlers of others, as of a scheduler, and, in the processes of a distributed training,
    the immediate end: their launcher waits for it, also while they wait for each other.
    """
    received: list[int] = []

    def interrupt(number: int, _: object) -> None:
        received.append(number)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL or "RANK" in os.environ:
        yield received
        return
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _one_line(error: Exception) -> str:
    """Return the message of a user's error; any other error is reported as a bug."""
    known = error if isinstance(error, jobs.UserError) else jobs.system_error(error)
    if known is not None:
        return str(known)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return f"a bug in this program, {type(error).__name__}: {error}; --debug shows where"


def _open_streams() -> None:
    """Write to nowhere in place of a closed stream; write what a stream cannot encode as escapes.

    Otherwise the next file that is opened would get the number of the closed stream, and what
    libraries print would be written into it.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for the whole process
        elif name == "stdout" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_unwritten() -> None:
    """Drop what could not be written, so that Python does not try it again at its end."""
    try:
        sys.stdout.flush()
    except OSError:  # it was reported when it was printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(text: str, code: int = 1) -> int:
    print_error(text)
    return code
