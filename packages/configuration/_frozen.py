"""Frozen dataclasses validated by pydantic, with all errors of a call in one message."""

import dataclasses
import difflib
import functools
import itertools
import re
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs, ErrorDetails

Made = TypeVar("Made")
Path = tuple[str, ...]

CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)
SHORT = reprlib.Repr()
"""Shows wrong values, which may be long."""
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 60
OUT_OF_RANGE = ("greater_than_equal", "less_than_equal")


@dataclass_transform(frozen_default=True, field_specifiers=(Field,))
def frozen(cls: type[Made]) -> type[Made]:
    """Return `cls` as a frozen pydantic dataclass; a field may hold another one, its group.

    Write a field as ``lr: float = Field(default=1e-3, ge=0, le=1)`` with a docstring below it,
    which becomes its description, and rules between fields as pydantic model validators.
    `dataclasses.replace`, `asdict` and `fields` work as usual; `replace` validates the copy.

    Invalid values raise a `ValueError` whose message lists all errors in one line.
    """
    made: Any = dataclass(frozen=True, config=CONFIG)(cls)
    construct = made.__init__
    names = [field.name for field in dataclasses.fields(made)]

    @functools.wraps(construct)
    def __init__(self: Any, *args: Any, **values: Any) -> None:
        try:
            construct(self, *args, **values)
        except ValidationError:
            given = dict(zip(names, args, strict=False)) | values
            raise ValueError("; ".join(_faults(made, given))) from None

    made.__init__ = __init__
    return made


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the most similar of `names`; group names are ignored if `name` has no group."""
    by_end = {one if "." in name else one.rpartition(".")[2]: one for one in names}
    return by_end[difflib.get_close_matches(name, by_end, n=1, cutoff=0.0)[0]]


def _faults(kind: Any, values: dict[str, Any]) -> list[str]:
    """Return one clause for each validation error of ``kind(**values)``.

    pydantic checks rules between fields only if every field is valid. Invalid fields are
    therefore left at their defaults and the remaining values are validated again.
    """
    found: dict[Path, str] = {}
    while True:
        try:
            kind.__pydantic_validator__.validate_python(ArgsKwargs((), _without(values, found)))
        except ValidationError as error:
            known = len(found)
            for one in error.errors(include_url=False):
                path = _field_path(kind, one["loc"])
                if path not in found:
                    found[path] = _clause(kind, path, one)
            if len(found) > known and () not in found:
                continue
        return list(found.values())


def _without(values: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a copy of the nested `values` without the entries at `paths`."""
    first: dict[str, list[Path]] = {}
    for path in paths:
        if path:
            first.setdefault(path[0], []).append(path[1:])
    kept = {name: value for name, value in values.items() if () not in first.get(name, [])}
    return {
        name: _without(value, first[name]) if name in first else value
        for name, value in kept.items()
    }


def _field_path(kind: Any, loc: tuple[int | str, ...]) -> Path:
    """Return the group and field names of an error location, without positions in the value."""
    path: list[str] = []
    for part in loc:
        fields = getattr(kind, "__pydantic_fields__", None)
        if fields is None:
            break
        path.append(str(part))
        kind = fields[part].annotation if part in fields else None
    return tuple(path)


def _clause(kind: Any, path: Path, error: ErrorDetails) -> str:
    name, wrong = ".".join(path), error["input"]
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])  # messages of model validators name their fields
    for group in path[:-1]:
        kind = kind.__pydantic_fields__[group].annotation
    if error["type"] == "unexpected_keyword_argument":
        return f"{name} is unknown, the nearest is {nearest(path[-1], kind.__pydantic_fields__)}"
    if error["type"] == "missing":
        return f"{name} is missing"
    if error["type"] in OUT_OF_RANGE and len(path) == len(error["loc"]):
        bounds: dict[str, Any] = {}
        for one in kind.__pydantic_fields__[path[-1]].metadata:
            bounds |= {side: getattr(one, side) for side in ("ge", "le") if hasattr(one, side)}
        return f"{name} must lie in {bounds.get('ge', '')}..{bounds.get('le', '')}, not {wrong}"
    what = re.sub(r"^\w+ should ", "", error["msg"])
    return f"{name}{_place(error['loc'][len(path) :])} must {what}, not {SHORT.repr(wrong)}"


def _place(loc: tuple[int | str, ...]) -> str:
    """Return the position inside a tuple, such as "[0].epochs", without the types of unions."""
    inside = itertools.dropwhile(lambda part: isinstance(part, str), loc)
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inside)
