"""The errors of this package.

jobs.UserError
└── RadiomicsError
    └── BadRegion   the region has too few pixels
"""

from jobs import UserError


class RadiomicsError(UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class BadRegion(RadiomicsError):
    """The region is empty or has no two neighbouring pixels."""
