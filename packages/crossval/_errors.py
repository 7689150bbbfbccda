"""The errors of this package.

CrossvalError
├── FoldError       labels or groups from which no folds can be made
└── UnknownRun      no run has this name
"""

import jobs


class CrossvalError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class FoldError(CrossvalError):
    """The requested folds cannot be made from these labels or groups."""


class UnknownRun(CrossvalError):
    """No run has this name."""
