"""The declarations of the command line: every command, option and argument, for generated tests."""

from collections.abc import Iterator
from typing import Any, get_args

from typer.main import get_command

from tools.cli import app


def commands() -> Iterator[tuple[str, Any]]:
    """Yield the words and the declaration of every command and group; "" is the program."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, Any]]:
        yield words, command
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, f"{words} {name}".strip())

    yield from walk(get_command(app), "")


def runnable() -> dict[str, Any]:
    """Return the declaration of every command that does something by its words."""
    return {
        words: command
        for words, command in commands()
        if words
        and (not getattr(command, "commands", {}) or getattr(command, "invoke_without_command", 0))
    }


def parameters(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield command and parameter for every parameter of this type."""
    for words, command in commands():
        for one in command.params:
            declared = getattr(one, "type_descriptor", None)
            if declared and kind in (declared.annotation, *get_args(declared.annotation)):
                yield words, one


def options_of(command: Any) -> set[str]:
    """Return the options of a command, such as "--home", with "--help"."""
    names = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return {name for name in names if name.startswith("-")} | {"--help"}
