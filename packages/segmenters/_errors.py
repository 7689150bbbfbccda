"""Exceptions of the package."""

import jobs


class SegmenterError(jobs.UserError):
    """Base of the package's exceptions; the message is one line and includes the remedy."""


class UnknownEncoder(SegmenterError):
    """timm has no such model, or the model does not return a pyramid of feature maps."""


class WeightsError(SegmenterError):
    """Encoder weights are missing, corrupt or for another encoder, or cannot be downloaded."""


class BadCrop(SegmenterError):
    """A crop margin is set without a crop function, or the crop returned an invalid box."""


class UnknownFunction(SegmenterError):
    """A name "module:function" does not refer to a function."""


class BadTargets(SegmenterError):
    """Images have no annotation or are not in the pixel cache."""


class NothingToLearn(SegmenterError):
    """There are no or too few training images, or none of them is positive."""


class ProcessLost(SegmenterError):
    """Another process of the same training has ended."""


class WrongBuilds(SegmenterError):
    """torch and torchvision do not fit together."""


class Diverged(SegmenterError):
    """The training loss or a weight is not finite."""


class ExportError(SegmenterError):
    """A model cannot be exported, or the target folder has other content."""


class WrongModel(SegmenterError):
    """A model folder is incomplete or corrupt, or its data or configuration differ."""
