"""The errors of this package.

SegmenterError
├── UnknownEncoder     timm has no model of that name, or it cannot feed a decoder
├── UnknownStage       the encoder has fewer stages than are to be frozen
├── WeightsError       encoder weights cannot be used
│   ├── WeightsMissing     there is no file, or it is no safetensors file
│   ├── WeightsMismatch    its parameters are not those of the encoder
│   └── NoNetwork          ImageNet weights could not be downloaded
├── NoCrop             a margin asks for a crop and none is given
├── BadCrop            what a crop returned is no box
├── UnknownFunction    there is no function of that name
├── BadTargets         images without annotation, or with a faulty one
├── NothingToLearn     no training images, or none of them positive
├── NoTracker          the library that records the history is not installed
├── ProcessLost        one of several processes ended before the training did
├── Diverged           the loss became NaN or infinite
├── ExportError        a model cannot be exported, or not to that folder
│   └── NoOnnx             the libraries for ONNX are not installed
└── WrongModel         a model folder is empty, torn, or was made from something else
"""

import jobs


class SegmenterError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class UnknownEncoder(SegmenterError):
    """timm has no model of that name, or it does not give a pyramid of feature maps."""


class UnknownStage(SegmenterError):
    """The encoder does not have the stages that are to be frozen."""


class WeightsError(SegmenterError):
    """Encoder weights cannot be used."""


class WeightsMissing(WeightsError):
    """There are no weights where they should be."""


class WeightsMismatch(WeightsError):
    """The parameters in a weights file are not those of the encoder."""


class NoNetwork(WeightsError):
    """ImageNet weights could not be downloaded."""


class NoCrop(SegmenterError):
    """The config has a margin for a crop, and no crop was given."""


class BadCrop(SegmenterError):
    """What a crop returned for an image is no box inside it."""


class UnknownFunction(SegmenterError):
    """There is no function of the name "module:function"."""


class BadTargets(SegmenterError):
    """Images have no annotation, no pixels, or a faulty annotation."""


class NothingToLearn(SegmenterError):
    """There are no training images, or none of them is positive."""


class NoTracker(SegmenterError):
    """TensorBoard or MLflow is asked for and not installed."""


class ProcessLost(SegmenterError):
    """Another process of the same training has ended."""


class Diverged(SegmenterError):
    """The training loss is not a finite number any more."""


class ExportError(SegmenterError):
    """A model cannot be exported, or something else lies at its destination."""


class NoOnnx(ExportError):
    """ONNX files are asked for and the libraries for them are not installed."""


class WrongModel(SegmenterError):
    """A model folder is empty, torn, or was made with other data or another config."""
