"""Validated frozen configurations, and changes of their fields by name or from text."""

from configuration._frozen import frozen
from configuration._settings import Setting, changed, describe, field_types, find, known, read

__all__ = ["Setting", "changed", "describe", "field_types", "find", "frozen", "known", "read"]
