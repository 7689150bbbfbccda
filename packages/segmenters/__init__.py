"""Segmentation networks: a timm encoder and a decoder, trained with resume on CPU or GPU."""

from segmenters._device import device_summary
from segmenters._errors import (
    BadCrop,
    BadTargets,
    Diverged,
    ExportError,
    NoCrop,
    NoNetwork,
    NoOnnx,
    NothingToLearn,
    NoTracker,
    SegmenterError,
    TeamBroken,
    UnknownEncoder,
    UnknownFunction,
    UnknownStage,
    WeightsError,
    WeightsMismatch,
    WeightsMissing,
    WrongModel,
)
from segmenters._learner import Segmenter
from segmenters.config.segmenter_config import SegmenterConfig, Stage
from segmenters.data.crop import Box, Crop
from segmenters.data.training_set import (
    ImageStack,
    TrainingSet,
    epoch_order,
    soft_mask,
    training_set,
)
from segmenters.export.export import export
from segmenters.export.exported_model import ExportedModel, load_export
from segmenters.export.named_function import function_of
from segmenters.network.network import Prediction, SegmentationNet, build_network
from segmenters.network.weights import fold_first_conv, grey_input
from segmenters.training.distributed import dismiss
from segmenters.training.losses import dice_loss, focal_loss, lovasz_loss, total_loss

__all__ = [
    "BadCrop",
    "BadTargets",
    "Box",
    "Crop",
    "Diverged",
    "ExportError",
    "ExportedModel",
    "ImageStack",
    "NoCrop",
    "NoNetwork",
    "NoOnnx",
    "NoTracker",
    "NothingToLearn",
    "Prediction",
    "SegmentationNet",
    "Segmenter",
    "SegmenterConfig",
    "SegmenterError",
    "Stage",
    "TeamBroken",
    "TrainingSet",
    "UnknownEncoder",
    "UnknownFunction",
    "UnknownStage",
    "WeightsError",
    "WeightsMismatch",
    "WeightsMissing",
    "WrongModel",
    "build_network",
    "device_summary",
    "dice_loss",
    "dismiss",
    "epoch_order",
    "export",
    "focal_loss",
    "fold_first_conv",
    "function_of",
    "grey_input",
    "load_export",
    "lovasz_loss",
    "soft_mask",
    "total_loss",
    "training_set",
]
