"""The errors of this package.

EnsemblingError
├── InputError       members, truth, folds or groups that do not fit; `.faults` lists every fault
├── RecordError      a recorded blend that cannot be read back
├── BlendNameError   no blend has this name, or the name is not allowed
└── Incomparable     two blends were not scored on the same images
"""

from collections.abc import Sequence

import jobs

SHOWN = 5


class EnsemblingError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class InputError(EnsemblingError):
    """Members, truth, folds or groups do not match; `.faults` has one line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = list(faults)
        more = f"; and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
        super().__init__("these runs cannot be blended: " + "; ".join(self.faults[:SHOWN]) + more)

    def __reduce__(self) -> tuple[type["InputError"], tuple[list[str]]]:
        return type(self), (self.faults,)


class RecordError(EnsemblingError):
    """The record of a blend has missing or invalid entries."""


class BlendNameError(EnsemblingError):
    """No blend has this name, or the name is not allowed."""


class Incomparable(EnsemblingError):
    """Two blends were not scored on the same data, or one has no table of images."""
