"""What can be chosen about a segmenter."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

STRIDE = 32
"""Deepest stride of the encoders; image sides are multiples of it."""

_CHOICES = {
    "decoder": ("unet", "fpn"),
    "decoder_attention": (None, "scse"),
    "amp": ("auto", "bf16", "none"),
    "presence": ("head", "map", "both"),
    "device": ("auto", "cpu"),
}


@dataclass(frozen=True)
class SegmenterConfig:
    """Choices of a segmenter: an encoder from timm, a decoder, and how to train them.

    Attributes:
        encoder: name of a timm model.
        encoder_weights: "imagenet" (timm's, downloaded), "none" (random), or the path of a
            safetensors file under timm's parameter names.
        frozen_stages: encoder stages as timm counts them (the first mostly has stride 2) whose
            weights and batch statistics stay as they are; they need no backward pass.
        decoder: "unet" (Ronneberger et al. 2015) or "fpn" (Kirillov et al. 2019).
        decoder_channels: of the U-Net blocks, deepest first. Four instead of five blocks end at
            half the resolution, and the logits are enlarged bilinearly; for "fpn" the first
            number is the width of the pyramid.
        decoder_attention: None, or "scse" (Roy et al. 2018), for the U-Net.
        image_head: also learn whether the image is empty, from the deepest features.
        dropout: before the image head.
        size: side of the images that the model is made for, in pixels.
        train_sizes: sides in equal parts of the training, small ones first; () is `size` always.
        epochs: rounds of `samples` images.
        samples: images per epoch; 0 is the number of training images.
        positive_share: share of images with a lesion in the first and in the last epoch.
        batch: images per step.
        lr: peak learning rate of decoder and heads (AdamW, cosine decay to zero).
        encoder_lr: peak learning rate of the encoder.
        weight_decay: of matrices and kernels, not of biases and norms.
        warmup: share of the steps in which the learning rate rises.
        clip_norm: largest norm of the gradient.
        ema_decay: of the averaged weights, which are the model; 0 keeps the last weights.
        bce, dice, focal, image: weights of the parts of the loss.
        flip: probability of a left-right flip.
        rotate: largest rotation in degrees.
        scale: largest relative change of size.
        shift: largest shift as a share of the side.
        brightness: largest shift, 1 is the whole grey scale.
        contrast: largest relative change about the mean of the image.
        gamma: largest change of the logarithm of the exponent.
        noise: largest standard deviation of pixel noise, 1 is the whole grey scale.
        amp: "bf16" computes in bfloat16 where that is safe, "none" in float32; "auto" is bf16
            on a GPU and on processors with matrix units for it (AMX).
        channels_last: memory layout that convolutions prefer.
        tta_flip: average the prediction with that of the flipped image.
        presence: what p(non-empty) is made of, see `Segmenter.predict`.
        mask_size: side of the stored soft maps; 0 is `size`.
        predict_batch: images per step of inference, halved when memory runs out.
        checkpoint_seconds: time between two resume points.
        device: "auto" is the GPU where there is one.
        threads: of torch on the CPU; 0 is torch's own choice.
    """

    encoder: str = "efficientnet_lite0"
    encoder_weights: str = "imagenet"
    frozen_stages: int = 0
    decoder: str = "unet"
    decoder_channels: tuple[int, ...] = (64, 32, 16, 16)
    decoder_attention: str | None = None
    image_head: bool = True
    dropout: float = 0.2
    size: int = 256
    train_sizes: tuple[int, ...] = ()
    epochs: int = 40
    samples: int = 400
    positive_share: tuple[float, float] = (0.8, 0.4)
    batch: int = 16
    lr: float = 1.5e-3
    encoder_lr: float = 5e-4
    weight_decay: float = 0.02
    warmup: float = 0.05
    clip_norm: float = 5.0
    ema_decay: float = 0.995
    bce: float = 3.0
    dice: float = 1.0
    focal: float = 4.0
    image: float = 0.5
    flip: float = 0.5
    rotate: float = 12.0
    scale: float = 0.15
    shift: float = 0.06
    brightness: float = 0.1
    contrast: float = 0.2
    gamma: float = 0.25
    noise: float = 0.02
    amp: str = "auto"
    channels_last: bool = True
    tta_flip: bool = True
    presence: str = "both"
    mask_size: int = 0
    predict_batch: int = 16
    checkpoint_seconds: float = 30.0
    device: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside their range, all of them at once."""
        faults = [
            f"{name} must lie in {low}..{high}, not {getattr(self, name)}"
            for name, (low, high) in _RANGES.items()
            if not low <= getattr(self, name) <= high
        ]
        faults += [
            f"{name} must be one of {', '.join(map(str, known))}, not {getattr(self, name)!r}"
            for name, known in _CHOICES.items()
            if getattr(self, name) not in known
        ]
        faults += _size_faults(self.size, self.train_sizes)
        if len(self.positive_share) != 2 or not all(0 <= s <= 1 for s in self.positive_share):
            faults.append(f"positive_share must be two shares, not {self.positive_share}")
        if not 1 <= len(self.decoder_channels) <= 5 or min(self.decoder_channels) < 1:
            faults.append(f"decoder_channels must be 1 to 5 widths, not {self.decoder_channels}")
        if self.decoder_attention and min(self.decoder_channels, default=0) < 16:
            faults.append("decoder_attention='scse' needs decoder_channels of at least 16")
        if self.samples == 1 and self.batch > 1:
            faults.append(f"samples=1 makes no batch of {self.batch}: set samples>=2 or batch=1")
        if not self.image_head and self.presence != "map":
            faults.append(f"presence={self.presence!r} needs image_head=True")
        if faults:
            raise ValueError("; ".join(faults))

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain JSON types."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SegmenterConfig":
        """Return the config that `as_dict` wrote.

        Raises:
            ValueError: unknown names or values outside their range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown config fields {', '.join(unknown)}")
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)


def _size_faults(size: int, train_sizes: tuple[int, ...]) -> list[str]:
    return [
        f"size and train_sizes must be multiples of {STRIDE}, not {side}"
        for side in (size, *train_sizes)
        if side < STRIDE or side % STRIDE
    ]


_RANGES: dict[str, tuple[float, float]] = {
    "frozen_stages": (0, 5),
    "dropout": (0, 0.9),
    "size": (STRIDE, 4096),
    "epochs": (1, 10_000),
    "samples": (0, 10_000_000),
    "batch": (1, 4096),
    "lr": (0, 1),
    "encoder_lr": (0, 1),
    "weight_decay": (0, 1),
    "warmup": (0, 1),
    "clip_norm": (1e-6, 1e6),
    "ema_decay": (0, 0.999999),
    "bce": (0, 1000),
    "dice": (0, 1000),
    "focal": (0, 1000),
    "image": (0, 1000),
    "flip": (0, 1),
    "rotate": (0, 180),
    "scale": (0, 0.9),
    "shift": (0, 0.5),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "gamma": (0, 2),
    "noise": (0, 1),
    "mask_size": (0, 4096),
    "predict_batch": (1, 4096),
    "checkpoint_seconds": (0, 1e6),
    "threads": (0, 1024),
}
