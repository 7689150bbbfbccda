"""The errors of this package.

jobs.UserError
└── FeatureError
    ├── UnknownImages   ids that the pixel stack or the header table does not hold
    ├── BadHeader       the header table is missing or lacks every column that is read
    ├── BadRegion       the region of radiomics has too few pixels
    └── DamagedCache    a cached feature table cannot be read
"""

from jobs import UserError


class FeatureError(UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class UnknownImages(FeatureError):
    """Features are asked for images that the stack or the header table does not hold."""


class BadHeader(FeatureError):
    """Header features are asked for, but no header table, or none of its columns, is there."""


class BadRegion(FeatureError):
    """Radiomics are asked for a region that is empty or has no two neighbouring pixels."""


class DamagedCache(FeatureError):
    """A cached feature table cannot be read; it was changed after it was written."""
