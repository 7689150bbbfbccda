"""The progress protocol: libraries call a `Report`, the command line draws it."""

from collections.abc import Callable, Mapping

Report = Callable[[str, int, int, Mapping[str, float]], None]
"""Called as ``report(label, done, total, figures)``; figures such as ``{"loss": 0.3}``."""


def silent(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
    """Show nothing."""
