"""The errors of this package.

CrossvalError
├── FoldError       folds cannot be made from the labels or groups, or be read
└── UnknownRun      no run has this name
"""

import jobs


class CrossvalError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class FoldError(CrossvalError):
    """Folds cannot be made from the labels or groups, or cannot be read."""


class UnknownRun(CrossvalError):
    """No run has this name."""
