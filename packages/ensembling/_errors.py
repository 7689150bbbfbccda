"""The errors of this package.

EnsemblingError
├── InputError       members, truth, folds or groups that do not fit; `.faults` lists every fault
└── BlendNameError   no blend has this name
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
        super().__init__(f"these runs cannot be blended: {jobs.first_few(self.faults, SHOWN)}")

    def __reduce__(self) -> tuple[type["InputError"], tuple[list[str]]]:
        return type(self), (self.faults,)


class BlendNameError(EnsemblingError):
    """No blend has this name."""
