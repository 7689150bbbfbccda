"""Access to configuration fields by full name (``network.encoder``) or short name (``encoder``).

A configuration is a standard or pydantic dataclass; its fields that hold a dataclass are groups.
"""

import dataclasses
import json
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import AliasChoices, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticUndefined

from configuration._frozen import nearest

Config = TypeVar("Config", bound=Any)


@dataclass(frozen=True)
class Setting:
    """A field of a configuration.

    Attributes:
        name: full name.
        value: of this configuration.
        default: of the field; None if it has none.
        text: its description; "" if it has none.
    """

    name: str
    value: Any
    default: Any
    text: str


def describe(config: Any, prefix: str = "") -> Iterator[Setting]:
    """Yield the fields of `config`, those of groups by full name, with default and description.

    Args:
        config: an instance of any dataclass.
        prefix: of all names.
    """
    documented = getattr(config, "__pydantic_fields__", {})
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from describe(value, f"{name}.")
            continue
        known = documented.get(field.name)
        default = known.default if known else field.default
        missing = default is dataclasses.MISSING or default is PydanticUndefined
        text = " ".join(((known and known.description) or "").split())
        yield Setting(name, value, None if missing else default, text)


def field_types(config: Any) -> dict[str, Any]:
    """Return the type of each field of `config` by its full name."""
    hints = get_type_hints(type(config))
    found: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            inner = field_types(value)
            found |= {f"{field.name}.{name}": kind for name, kind in inner.items()}
        else:
            found[field.name] = hints[field.name]
    return found


def find(config: Any, key: str, others: Iterable[str] = ()) -> str:
    """Return the full name of the field of `config` that `key` refers to.

    Args:
        config: an instance of any dataclass.
        key: a full name, the last parts of one, or a former name.
        others: further names to search.

    Raises:
        ValueError: no name matches, or several do.
    """
    names = [*field_types(config), *others]
    matching = _matching(config, key, names)
    if len(matching) > 1:
        raise ValueError(f"{key} is ambiguous, write {' or '.join(matching)}")
    if not matching:
        raise ValueError(f"{key} is unknown, the nearest is {nearest(key, names)}")
    return matching[0]


def known(config: Any, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded values, flat or in groups, by full name; unknown fields are dropped."""
    names, found = list(field_types(config)), {}
    groups = {name.partition(".")[0] for name in names if "." in name}
    for key, value in recorded.items():
        inner = {f"{key}.{name}": one for name, one in value.items()} if key in groups else None
        for name, one in (inner or {key: value}).items():
            matching = _matching(config, name, names)
            if len(matching) == 1:
                found[matching[0]] = one
    return found


def _matching(config: Any, key: str, names: Sequence[str]) -> list[str]:
    """Return the exact match of `key`, else the names that end with it, else its former name."""
    if key in names:
        return [key]
    ends = [name for name in names if name.endswith(f".{key}")]
    former = _former(config).get(key.rpartition(".")[2])
    return ends or [name for name in [former] if name is not None]


def read(text: str, kind: Any) -> Any:
    """Return `text` parsed as a value of type `kind`.

    Items of a tuple are separated by commas; ``null`` is None for optional types; text that
    starts with a bracket is parsed as JSON.

    Raises:
        ValueError: `text` is not a valid value of type `kind`.
    """
    optional = get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)
    value: Any = text
    if optional and text.lower() == "null":
        return None
    if text.startswith(("[", "{")):
        value = _parsed(text)
    elif get_origin(kind) is tuple:
        value = [part for part in text.split(",") if part]
    try:
        return TypeAdapter(kind).validate_python(value)
    except PydanticUserError as error:
        raise ValueError("values of this field cannot be given as text") from error
    except ValidationError as error:
        faults = [one["msg"].replace("Input should", "must", 1) for one in error.errors()]
        raise ValueError("; ".join(dict.fromkeys(faults))) from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("is nested too deeply to be JSON") from None


def changed(config: Config, changes: Mapping[str, Any]) -> Config:
    """Return a validated copy of `config` with changed values.

    Args:
        config: an instance of any dataclass.
        changes: values by full, short or former name. The value of a group is an instance of it
            or a mapping of some of its fields.

    Raises:
        ValueError: names are unknown or ambiguous, or values are invalid; lists all of them.
    """
    faults: list[str] = []
    own = {field.name for field in dataclasses.fields(config)}
    tree: dict[str, Any] = {}
    for key, value in changes.items():
        try:
            path = [key] if key in own else find(config, key).split(".")
        except ValueError as error:
            faults.append(str(error))
            continue
        _put(tree, path, value)
    try:
        made = _rebuilt(config, tree)
    except ValueError as error:
        faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return made


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    *groups, name = path
    for group in groups:
        tree = tree.setdefault(group, {})
    tree[name] = {**tree.get(name, {}), **value} if isinstance(value, Mapping) else value


def _rebuilt(config: Any, tree: Mapping[str, Any]) -> Any:
    """Return `config` with the values of `tree`.

    pydantic receives changed groups as mappings, so that one error covers all groups.
    """
    values = {}
    for name, value in tree.items():
        group = getattr(config, name)
        if isinstance(value, Mapping) and dataclasses.is_dataclass(group):
            value = (
                {**vars(group), **value}
                if hasattr(config, "__pydantic_fields__")
                else _rebuilt(group, value)
            )
        values[name] = value
    return dataclasses.replace(config, **values)


def _former(config: Any, prefix: str = "") -> dict[str, str]:
    """Return the full name of a field by each alias in its `validation_alias`."""
    found: dict[str, str] = {}
    for name, field in getattr(config, "__pydantic_fields__", {}).items():
        if isinstance(field.validation_alias, AliasChoices):
            found |= {str(other): f"{prefix}{name}" for other in field.validation_alias.choices}
        value = getattr(config, name)
        if dataclasses.is_dataclass(value):
            found |= _former(value, f"{prefix}{name}.")
    return found
