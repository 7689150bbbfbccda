"""Segmentation networks of a timm encoder and a decoder, with resumable training on CPU or GPU."""

from ._device import device_summary
from ._errors import (
    BadCrop,
    BadTargets,
    Diverged,
    ExportError,
    NothingToLearn,
    ProcessLost,
    SegmenterError,
    UnknownEncoder,
    UnknownFunction,
    WeightsError,
    WrongBuilds,
    WrongModel,
)
from ._learner import Segmenter
from .config.groups import (
    Augmentation,
    Inference,
    Loss,
    Network,
    Runtime,
    Stage,
    Training,
)
from .config.segmenter_config import SegmenterConfig
from .data.crop import Crop
from .data.pseudo_labels import PseudoLabels
from .export.export import export, function_of
from .export.exported_model import ExportedModel, load_export
from .training.distributed import dismiss

__all__ = [
    "Augmentation",
    "BadCrop",
    "BadTargets",
    "Crop",
    "Diverged",
    "ExportError",
    "ExportedModel",
    "Inference",
    "Loss",
    "Network",
    "NothingToLearn",
    "ProcessLost",
    "PseudoLabels",
    "Runtime",
    "Segmenter",
    "SegmenterConfig",
    "SegmenterError",
    "Stage",
    "Training",
    "UnknownEncoder",
    "UnknownFunction",
    "WeightsError",
    "WrongBuilds",
    "WrongModel",
    "device_summary",
    "dismiss",
    "export",
    "function_of",
    "load_export",
]
