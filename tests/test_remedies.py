"""What a text tells a person to do exists: commands, options and settings that messages name.

The texts are all strings of the program, read from its source; what they may name are the
declarations of the command line and of the configurations.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import configuration
from classifiers import LightGBMConfig
from segmenters import SegmenterConfig
from tests.commands import commands, options_of

ROOT = Path(__file__).parents[1]
FOLDERS = ("packages", "competitions", "tools")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
COMMANDS = dict(commands())
OPTIONS = set().union(*map(options_of, COMMANDS.values()))
PLACEHOLDER = "{}"
"""Stands for a value that is put into a text when the program runs."""
QUOTED = re.compile(r"`+(tools [^`]*)`+")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
CLAUSE = re.compile(r"\bset ((?:[a-z_]+>?=[\w.{}-]+(?:, | and | or )?)+)")
SETTING = re.compile(r"([a-z_]+)>?=([\w.{}-]+)")
FOREIGN = {
    "packages/jobs/_extras.py": {"--python"},  # of uv
    "packages/jobs/cluster/admission.py": {"--nthreads"},
    "packages/notebooks/_script.py": {
        "--bundle", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-index",
        "--no-deps", "--target",
    },
    "packages/notebooks/_sources.py": {"--no-deps", "--dest", "--editable"},
    "packages/segmenters/export/predict_script.py": {"--maps"},
}  # fmt: skip
"""Options of other programs that texts name: Dask, pip, the scripts of bundles and exports."""
FIELDS = {"families": tuple[str, ...], "image_size": int, "seed": int}
"""Settings of experiments besides those of the configurations."""


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield place and content of every string of a file."""
    tree = ast.parse(path.read_text())
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    for node in ast.walk(tree):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.JoinedStr):
            told = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
            yield where, "".join(map(str, told))
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield where, str(node.value)


TEXTS = [(where, text) for path in SOURCES for where, text in texts(path)]
CALLS = [
    (where, " ".join(call.split()))
    for where, text in TEXTS
    for call in QUOTED.findall(text)
    if not call.endswith("…")  # a group, as in the first line of a module
]
SETTINGS = [
    (where, *setting)
    for where, text in TEXTS
    for clause in CLAUSE.findall(text)
    for setting in SETTING.findall(clause)
]


def split(call: str) -> tuple[str, list[str]]:
    """Return the command of a call, and its other words."""
    words, name = call.split()[1:], ""
    while words and f"{name} {words[0]}".strip() in COMMANDS:
        name = f"{name} {words.pop(0)}".strip()
    return name, words


def faults(where: str, call: str) -> Iterator[str]:
    """Yield what is wrong with a call in a text."""
    name, words = split(call)
    if not name:
        yield f"{where}: there is no command `{call}`"
        return
    unknown = set(OPTION.findall(" ".join(words))) - options_of(COMMANDS[name])
    if unknown:
        yield f"{where}: `{call}` has no {unknown}"
    takes = any(not one.opts[0].startswith("-") for one in COMMANDS[name].params)
    given = words[:1] if words and not words[0].startswith("-") else []
    if given and not takes:
        yield f"{where}: `{call}` takes no {given}"
    general = all(one.startswith(PLACEHOLDER) or one.isupper() for one in given)
    if name in ("cv", "tune") and not general and not where.startswith("competitions/"):
        yield f"{where}: another competition may lack the experiment of `{call}`"


def test_there_are_texts_that_name_something() -> None:
    assert len(CALLS) > 80
    assert len(SETTINGS) > 15
    assert len([text for _, text in TEXTS if OPTION.search(text)]) > 40


def test_calls_name_commands_and_their_options() -> None:
    assert [fault for where, call in CALLS for fault in faults(where, call)] == []


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("tools train unet", "no command"),
        ("tools data audits", "takes no"),
        ("tools data audit --accepted", "has no"),
        ("tools blend --blend best", "has no"),
        ("tools cv unet_lite_256", "another competition"),
    ],
)
def test_a_call_that_cannot_be_followed_is_found(call: str, fault: str) -> None:
    assert fault in "".join(faults("packages/x.py:1", call))


def test_options_in_texts_exist() -> None:
    found: dict[str, set[str]] = {}
    for where, text in TEXTS:
        unknown = set(OPTION.findall(text)) - OPTIONS
        if unknown:
            found.setdefault(where.partition(":")[0], set()).update(unknown)
    for place, foreign in FOREIGN.items():
        assert foreign - OPTIONS == found.pop(place, set()), place
    assert found == {}


def test_settings_in_texts_exist_and_take_the_values() -> None:
    configs = [configuration.field_types(one) for one in (LightGBMConfig(), SegmenterConfig())]
    for where, name, value in SETTINGS:
        kinds: list[Any] = [FIELDS[name]] if name in FIELDS else []
        for known in configs:
            kinds += [kind for full, kind in known.items() if full.rpartition(".")[2] == name]
        assert kinds, f"{where}: there is no setting {name}"
        if PLACEHOLDER not in value and not value.isupper():
            for kind in kinds:
                configuration.read(value.rstrip("."), kind)
