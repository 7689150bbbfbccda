"""The errors of this package.

CrossvalError
├── FoldError       folds cannot be made from the labels or groups, or be read
└── UnknownRun      no run has this name
"""

import jobs


class CrossvalError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class FoldError(CrossvalError):
    """Folds cannot be made from the labels or groups, or cannot be read.

    Attributes:
        reason: the message without the remedy for the command line, for callers with their own.
        fewer: the greatest smaller number of folds that can be made; None if it is not known or
            there is none.
    """

    def __init__(self, reason: str, remedy: str = "", fewer: int | None = None) -> None:
        self.reason, self.fewer = reason, fewer
        super().__init__(f"{reason}: {remedy}" if remedy else reason)


class UnknownRun(CrossvalError):
    """No run has this name."""
