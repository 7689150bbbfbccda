"""The error of this package."""

from jobs import UserError


class BundleError(UserError):
    """A bundle cannot be written, or a folder is not a bundle."""
