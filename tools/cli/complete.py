"""Names for the completion of the shell: competitions, experiments, runs, blends.

Only lists folders and parses sources, as a shell waits for the answer at every press of Tab.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import typer

import competitions as package
from tools.paths import Paths


def competitions(incomplete: str) -> list[str]:
    """Return the names of the competitions."""
    return _matching({one.name for one in _folders("*")}, incomplete)


def experiments(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the experiments of the chosen competition, else of all."""
    modules = (one / "experiments.py" for one in _folders(_competition(context) or "*"))
    found = {
        one.name
        for module in modules
        for one in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
    }
    return _matching(found, incomplete)


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the runs."""
    folder = _paths(context).runs
    return _matching({one.parent.name for one in folder.glob("[!.]*/config.json")}, incomplete)


def blends(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the blends, and best."""
    folder = _paths(context).blends
    found = {one.stem for one in folder.glob(f"{_competition(context) or '*'}/*.json")}
    return _matching({"best", *found}, incomplete)


def subjects(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of runs and blends."""
    return blends(context, incomplete) + runs(context, incomplete)


def _folders(name: str) -> Iterator[Path]:
    """Yield the folders of competitions whose name matches."""
    for home in package.__path__:
        yield from (one.parent for one in Path(home).glob(f"{name}/competition.toml"))


def _paths(context: typer.Context) -> Paths:
    home = context.params.get("home")
    return Paths.resolve(Path(home) if home else None, None)


def _competition(context: typer.Context) -> str | None:
    return context.params.get("competition") or os.environ.get("TOOLS_COMPETITION")


def _matching(names: set[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
