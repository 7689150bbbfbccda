"""What can be chosen about a segmenter."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from segmenters.config.limits import faults


@dataclass(frozen=True)
class Stage:
    """A part of the training with its own size of images.

    Attributes:
        epochs: how many.
        size: side of the images, in pixels.
        batch: images per step; 0 is the config's.
        rate: factor on both peak learning rates.
        frozen_stages: of the encoder, 5 is all of it; None is the config's.
    """

    epochs: int
    size: int
    batch: int = 0
    rate: float = 1.0
    frozen_stages: int | None = None


@dataclass(frozen=True)
class SegmenterConfig:
    """Choices of a segmenter: an encoder from timm, a decoder, and how to train them.

    Attributes:
        encoder: name of a timm model.
        encoder_weights: "imagenet" (timm's, downloaded), "none" (random), or the path of a
            safetensors file under timm's parameter names.
        frozen_stages: encoder stages as timm counts them (the first mostly has stride 2) whose
            weights and batch statistics stay as they are; they need no backward pass.
        decoder: "unet" (Ronneberger et al. 2015), "unetpp" (Zhou et al. 2018), "fpn" (Kirillov
            et al. 2019), "deeplabv3plus" (Chen et al. 2018), "segformer" (Xie et al. 2021) or
            "upernet" (Xiao et al. 2018).
        decoder_channels: of the U-Net blocks, deepest first. Four instead of five blocks end at
            half the resolution, and the logits are enlarged bilinearly; for the decoders that
            are no U-Nets the first number is their width.
        decoder_attention: None, or "scse" (Roy et al. 2018), for U-Net and U-Net++.
        deep_supervision: weight of the mean loss of the coarser levels of a U-Net, which then get
            mask heads of their own (Lee et al. 2015); 0 is none.
        image_head: also learn whether the image is empty, from the deepest features.
        dropout: before the image head.
        models: networks that are trained from different seeds, and averaged in prediction.
        frame: networks see the part of an image that the experiment's crop finds, which gets
            this margin, as a rule a share of the part's width and height; 0 is the whole image.
        size: side of the images that the model is made for, in pixels.
        train_sizes: sides in equal parts of the training, small ones first; () is `size` always.
        epochs: rounds of `samples` images.
        stages: parts of the training one by one, instead of `train_sizes` and `epochs`.
        restarts: each stage warms up and decays its learning rate anew.
        samples: images per epoch; 0 is the number of training images.
        positive_share: share of images with a lesion in the first and in the last epoch.
        batch: images per step, of all processes together.
        accumulate: steps whose gradients are summed before the weights change.
        lr: peak learning rate of decoder and heads (AdamW, Loshchilov & Hutter 2019).
        encoder_lr: peak learning rate of the encoder.
        schedule: "cosine" warms up linearly and decays to zero along half a cosine; "onecycle"
            rises along half a cosine from a 25th and falls to nearly zero (Smith & Topin 2019).
        weight_decay: of matrices and kernels, not of biases and norms.
        warmup: share of the steps in which the learning rate rises.
        clip_norm: largest norm of the gradient.
        ema_decay: of the averaged weights, which are the model; 0 keeps the last weights.
        holdout: share of the training groups that is not learned from but judges the epochs
            by the competition's metric; 0 is none.
        check_every: epochs between two judgements; the last epoch is always judged.
        patience: judgements without a better one after which the training ends; 0 is never.
        top_k: the model is the mean of the weights of so many best judged epochs; 0 is the last.
        bce, dice, focal, lovasz, image: weights of the parts of the loss.
        symmetric: Dice and Lovász are the mean of those of the lesion and of the background, and
            cross-entropy has its reverse added (Wang et al. 2019).
        halves: share of the images whose right half is taken from another image of the batch.
        flip: probability of a left-right flip.
        rotate: largest rotation in degrees.
        scale: largest relative change of size.
        shift: largest shift as a share of the side.
        crop: largest share of the side that a crop cuts off, which is then scaled up.
        elastic: largest displacement of a smooth random field, as a share of the side
            (Simard et al. 2003).
        grid: largest relative change of the width of the cells of a grid.
        brightness: largest shift, 1 is the whole grey scale.
        contrast: largest relative change about the mean of the image.
        gamma: largest change of the logarithm of the exponent.
        noise: largest standard deviation of pixel noise, 1 is the whole grey scale.
        amp: "bf16" and "fp16" compute in these where that is safe, "none" in float32; "auto" is
            fp16 on a CUDA GPU and float32 on a processor.
        channels_last: memory layout that convolutions prefer.
        compile: let torch.compile translate the network for training.
        loader_threads: threads that prepare batches ahead; 0 prepares each when it is needed.
        augment_on: "device" changes whole batches where the network is, "cpu" before they go
            there.
        tracker: "none", "tensorboard" or "mlflow": where the history goes as well.
        tta_flip: average the prediction with that of the flipped image.
        tta_scales: sides relative to `size` at which the image is also predicted.
        tile: side of overlapping squares that are predicted one by one; 0 is the whole image.
        tile_overlap: share of a tile that its neighbour also covers.
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
    deep_supervision: float = 0.0
    image_head: bool = True
    dropout: float = 0.2
    models: int = 1
    frame: float = 0.0
    size: int = 256
    train_sizes: tuple[int, ...] = ()
    epochs: int = 40
    stages: tuple[Stage, ...] = ()
    restarts: bool = False
    samples: int = 400
    positive_share: tuple[float, float] = (0.8, 0.4)
    batch: int = 16
    accumulate: int = 1
    lr: float = 1.5e-3
    encoder_lr: float = 5e-4
    schedule: str = "cosine"
    weight_decay: float = 0.02
    warmup: float = 0.05
    clip_norm: float = 5.0
    ema_decay: float = 0.995
    holdout: float = 0.0
    check_every: int = 1
    patience: int = 0
    top_k: int = 0
    bce: float = 3.0
    dice: float = 1.0
    focal: float = 4.0
    lovasz: float = 0.0
    image: float = 0.5
    symmetric: bool = False
    halves: float = 0.0
    flip: float = 0.5
    rotate: float = 12.0
    scale: float = 0.15
    shift: float = 0.06
    crop: float = 0.0
    elastic: float = 0.0
    grid: float = 0.0
    brightness: float = 0.1
    contrast: float = 0.2
    gamma: float = 0.25
    noise: float = 0.02
    amp: str = "auto"
    channels_last: bool = True
    compile: bool = False
    loader_threads: int = 0
    augment_on: str = "device"
    tracker: str = "none"
    tta_flip: bool = True
    tta_scales: tuple[float, ...] = ()
    tile: int = 0
    tile_overlap: float = 0.25
    presence: str = "both"
    mask_size: int = 0
    predict_batch: int = 16
    checkpoint_seconds: float = 30.0
    device: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside their range, all of them at once."""
        stages = tuple(Stage(**s) if isinstance(s, Mapping) else s for s in self.stages)
        object.__setattr__(self, "stages", stages)  # JSON has no stages, only mappings
        if found := faults(self):
            raise ValueError("; ".join(found))

    @property
    def course(self) -> tuple[Stage, ...]:
        """The stages of the training, every choice filled in."""
        given = self.stages or tuple(
            Stage(epochs, size) for size, epochs in self._parts() if epochs
        )
        return tuple(
            Stage(
                epochs=one.epochs,
                size=one.size,
                batch=one.batch or self.batch,
                rate=one.rate,
                frozen_stages=(
                    self.frozen_stages if one.frozen_stages is None else one.frozen_stages
                ),
            )
            for one in given
        )

    def _parts(self) -> list[tuple[int, int]]:
        """Return the sizes with their numbers of epochs, equal up to one."""
        sizes = self.train_sizes or (self.size,)
        ends = [-(-self.epochs * k // len(sizes)) for k in range(len(sizes) + 1)]
        return [(size, ends[k + 1] - ends[k]) for k, size in enumerate(sizes)]

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
