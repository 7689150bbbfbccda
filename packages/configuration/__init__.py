"""Frozen configurations: type, range and meaning beside each field, and changes by name or text."""

from configuration._frozen import frozen
from configuration._settings import changed, field_types, find, known, read

__all__ = ["changed", "field_types", "find", "frozen", "known", "read"]
