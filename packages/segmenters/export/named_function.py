"""Functions by name, as an exported folder remembers them."""

import importlib
from collections.abc import Callable
from typing import Any

from segmenters._errors import UnknownFunction


def function_of(name: str) -> Callable[..., Any]:
    """Return the function that "module:function" names.

    Raises:
        UnknownFunction: there is no such module, or no such function in it.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise UnknownFunction(f"{name!r} names no function: write module:function")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there; something it imports is not
        raise UnknownFunction(
            f"{name!r} names no function, as there is no module {error.name}: correct the name, "
            "or install the package"
        ) from error
    if not callable(found):
        raise UnknownFunction(
            f"{name!r} names no function, as {module} has none: correct the name, or install the "
            "version of the package that has it"
        )
    return found
