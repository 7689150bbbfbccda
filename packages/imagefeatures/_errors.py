"""The errors of this package."""

from jobs import UserError


class FeatureError(UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class BadFamilies(FeatureError):
    """A family of features is asked for that is not known, or one is asked for twice."""


class UnknownImages(FeatureError):
    """Features are asked for images that the stack or the table of facts does not hold."""


class BadFacts(FeatureError):
    """Facts are asked for as features, but the table, or each of their columns, is not there."""


class DamagedCache(FeatureError):
    """A cached feature table cannot be read; it was changed after it was written."""
