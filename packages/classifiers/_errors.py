"""The errors of this package."""

from jobs import UserError


class ClassifierError(UserError):
    """Base class of the errors of this package."""


class BadTable(ClassifierError):
    """The feature table or the labels lack images or columns, or contain invalid values."""


class OneClass(ClassifierError):
    """There are too few positive or too few negative training images."""


class WrongModel(ClassifierError):
    """A model folder is empty, incomplete, damaged, or of other data or another config."""
