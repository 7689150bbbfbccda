"""Errors of this package."""

from jobs import UserError


class FeatureError(UserError):
    """Base class of the errors; each message is one line and says what to do."""


class BadFamilies(FeatureError):
    """A requested feature family is unknown or duplicated."""


class UnknownImages(FeatureError):
    """A requested image is missing from the stack or from the table of facts."""


class BadFacts(FeatureError):
    """The table of facts or all requested columns are missing, or a value is not numeric."""
