"""Segmentation networks: a timm encoder and a decoder, trained with resume on CPU or GPU."""

from segmenters._config import SegmenterConfig, Stage
from segmenters._crop import Box, Crop
from segmenters._data import ImageStack, TrainingSet, epoch_order, soft_mask, training_set
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
from segmenters._export import export
from segmenters._exported import ExportedModel, load_export
from segmenters._learner import Segmenter
from segmenters._losses import dice_loss, focal_loss, lovasz_loss, total_loss
from segmenters._named import function_of
from segmenters._network import Prediction, SegmentationNet, build_network
from segmenters._team import dismiss
from segmenters._weights import fold_first_conv, grey_input

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
