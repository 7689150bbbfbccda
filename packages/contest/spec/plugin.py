"""Plug-ins: functions given as module:function in a competition.toml, imported when needed."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from contest._errors import SpecError


def module_of(reference: str) -> ModuleType:
    """Return the module of a plug-in "module:function", or of a plain module name.

    Raises:
        SpecError: there is no such module.
    """
    name = reference.partition(":")[0]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise  # the module exists; a module that it imports does not
        faults = [f"there is no module {error.name}"]
        raise SpecError(f"plug-in {reference!r}", faults, "correct competition.toml") from None


def plugin(reference: str) -> Callable[..., Any]:
    """Return the function of a plug-in "module:function".

    Raises:
        SpecError: there is no such module or function.
    """
    module, name = module_of(reference), reference.partition(":")[2]
    function = getattr(module, name, None) if name else None
    if not callable(function):
        faults = [f"{module.__name__} has no function {name!r}"]
        raise SpecError(f"plug-in {reference!r}", faults, "correct competition.toml")
    return function
