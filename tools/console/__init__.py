"""Output on the terminal: progress and messages on stderr, results on stdout."""

from tools.console.results import Result, Shown, print_result
from tools.console.screen import Screen, can_ask, print_error, printable

__all__ = [
    "Result",
    "Screen",
    "Shown",
    "can_ask",
    "print_error",
    "print_result",
    "printable",
]
