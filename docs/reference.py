"""A hook of mkdocs that writes the pages of the reference from the code when the site is built.

The pages: the command line (from `tools.cli`), the experiments of all competitions (from their
docstrings), their logs (NOTES.md), and a page for each package, which mkdocstrings fills with its
public names.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "packages"), str(ROOT)]

import typer  # noqa: E402
from typer.main import get_command  # noqa: E402

import contest  # noqa: E402
from tools.cli import app  # noqa: E402
from tools.cli.command import COMMON, SECTIONS  # noqa: E402

PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir() if path.is_dir())
INSIDE = {
    "cxr": ["cxr.phantom"],
    "kagglegate": ["kagglegate.standin"],
    "segmenters": ["segmenters.export.export.export"],
}
"""Packages inside a package that others import, too, and a function called like its folder."""

COMMAND_LINE = """# Command line

This page is written from the code; `tools COMMAND --help` prints the same. The exit code is 0 for
success, 1 for an error (one line on the error stream says what is wrong, where, and what to do), 2
for wrong arguments, and 130 or 143 after Ctrl-C or SIGTERM.
"""
EXPERIMENTS = """# Experiments

This page is written from `competitions/NAME/experiments.py`. The figures are out-of-fold on real
images; [Results](../results.md) says on which. Every field of a configuration can be changed with
`--set`, see [Change the settings](../howto/settings.md).
"""


def on_config(config: MkDocsConfig) -> None:
    """Add the pages of packages and the logs to their sections of the navigation."""
    _section(config, "Reference").append({"Packages": [
        "reference/packages.md", *({name: f"reference/packages/{name}.md"} for name in PACKAGES)
    ]})  # fmt: skip
    _section(config, "Results").extend(f"notes/{name}.md" for name in contest.names())


def _section(config: MkDocsConfig, title: str) -> list[Any]:
    assert config.nav is not None, "mkdocs.yml has no nav"
    return next(section[title] for section in config.nav if title in section)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages themselves."""
    pages = {"reference/commands": command_line(), "reference/experiments": experiments()}
    pages |= {f"reference/packages/{name}": package(name) for name in PACKAGES}
    pages |= {f"notes/{name}": log(name) for name in contest.names()}
    for name, text in pages.items():
        files.append(File.generated(config, f"{name}.md", content=text))
    return files


def command_line() -> str:
    """Return the page of all commands, in the sections of `tools --help`."""
    every = _inside(get_command(app))
    parts = [COMMAND_LINE, "## Options of every command\n", _common_options()]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in names:
            parts += _described(every[name], f"tools {name}")
    return "\n".join(parts)


def _common_options() -> str:
    some = next(one for one in _inside(get_command(app)).values() if not _inside(one))
    return _options(some, [one for one in some.params if one.name in COMMON])


def _described(command: Any, words: str) -> Iterator[str]:
    """Yield the description of a command and of those inside it."""
    inner = _inside(command)
    yield f"### {words}\n"
    text, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    yield text
    if example:
        yield f"```bash\n{example.strip()}\n```\n"
    if not inner or command.invoke_without_command:
        context = typer.Context(command, info_name=words)
        yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```\n"
        yield _options(command, [one for one in command.params if one.name not in COMMON])
    for name, one in inner.items():
        yield from _described(one, f"{words} {name}")


def _inside(command: Any) -> dict[str, Any]:
    """Return the commands in a group, none for a command."""
    return getattr(command, "commands", {})


def _options(command: Any, parameters: Sequence[Any]) -> str:
    """Return arguments and options as a table, empty if there are none."""
    context = typer.Context(command)
    records = [one.get_help_record(context) for one in parameters if one.name != "help"]
    rows = [f"| `{name}` | {_cell(text)} |\n" for name, text in filter(None, records)]
    return "".join(["| Argument or option | Meaning |\n", "|---|---|\n", *rows]) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def experiments() -> str:
    """Return the page of the experiments of all competitions."""
    parts = [EXPERIMENTS]
    for name in contest.names():
        spec = contest.load(name)
        parts.append(f"## {spec.title}\n\n`--competition {name}`\n")
        for one in contest.experiment_names(spec.experiments):
            text = inspect.getdoc(getattr(contest.module_of(spec.experiments), one))
            parts.append(f"### {one}\n\n{text}\n".replace("``", "`"))
    return "\n".join(parts)


def package(name: str) -> str:
    """Return the page of a package, to be filled by mkdocstrings."""
    inside = (f"::: {one}\n    options:\n      heading_level: 2\n" for one in INSIDE.get(name, ()))
    return "\n".join([f"::: {name}\n", *inside])


def log(name: str) -> str:
    """Return the log of the experiments of a competition."""
    return (ROOT / "competitions" / name / "NOTES.md").read_text()
