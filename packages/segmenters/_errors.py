"""The errors of this package."""

import jobs


class SegmenterError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class UnknownEncoder(SegmenterError):
    """timm has no model of that name, or the model does not give a pyramid of feature maps."""


class WeightsError(SegmenterError):
    """Encoder weights are missing, damaged or of another encoder, or cannot be downloaded."""


class BadCrop(SegmenterError):
    """The config has a margin and there is no crop, or a crop returned no box inside the image."""


class UnknownFunction(SegmenterError):
    """There is no function of the name "module:function"."""


class BadTargets(SegmenterError):
    """Images have no annotation, no pixels, or a faulty annotation."""


class NothingToLearn(SegmenterError):
    """There are no training images, or none of them is positive."""


class ProcessLost(SegmenterError):
    """Another process of the same training has ended."""


class Diverged(SegmenterError):
    """The training loss is no longer finite."""


class ExportError(SegmenterError):
    """A model cannot be exported, or the destination holds something else."""


class WrongModel(SegmenterError):
    """A model folder is empty, torn, or was made with other data or another config."""
