"""Error of this package."""

from jobs import UserError


class BadRegion(UserError):
    """The region is empty or has no two neighbouring pixels."""
