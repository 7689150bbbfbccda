"""The error of this package, one line: what is wrong, where, what to do."""

from jobs import UserError


class BundleError(UserError):
    """A bundle cannot be made, or a folder holds none."""
