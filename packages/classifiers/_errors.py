"""The errors of this package."""

from jobs import UserError


class ClassifierError(UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class BadTable(ClassifierError):
    """The feature table or the labels lack images or columns, or hold unusable values."""


class OneClass(ClassifierError):
    """The training images hold too few positive or too few negative ones."""


class WrongModel(ClassifierError):
    """A model folder is empty, torn, or was made with other data or another config."""
