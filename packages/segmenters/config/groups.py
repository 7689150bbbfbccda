"""The groups of a segmenter's configuration: type, default, range and meaning of each field."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from configuration import frozen

STRIDE = 32
"""Deepest stride of the encoders; image sides are multiples of it."""

UNETS = ("unet", "unetpp")
"""Decoders with one block per level."""

Side = Annotated[int, Field(ge=STRIDE, le=4096, multiple_of=STRIDE)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0.25, le=4)]


def raise_all(faults: list[str]) -> None:
    """Raise a `ValueError` of one line if there are `faults`."""
    if faults:
        raise ValueError("; ".join(faults))


@frozen
class Network:
    """What the network is, and the part of an image that it sees."""

    encoder: str = Field(default="efficientnet_lite0", description="Name of a timm model.")
    encoder_weights: str = Field(
        default="imagenet",
        description='"imagenet" (timm\'s, downloaded), "none" (random), or the path of a '
        "safetensors file under timm's parameter names.",
    )
    frozen_stages: int = Field(
        default=0, ge=0, le=5,
        description="Encoder stages as timm counts them (the first mostly has stride 2) whose "
        "weights and batch statistics stay as they are; they need no backward pass. 5 is all.",
    )  # fmt: skip
    decoder: Literal["unet", "unetpp", "fpn", "deeplabv3plus", "segformer", "upernet"] = Field(
        default="unet",
        description="U-Net (Ronneberger et al. 2015), U-Net++ (Zhou et al. 2018), FPN (Kirillov "
        "et al. 2019), DeepLabV3+ (Chen et al. 2018), SegFormer (Xie et al. 2021) or UPerNet "
        "(Xiao et al. 2018).",
    )
    decoder_channels: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(64, 32, 16, 16), min_length=1, max_length=5,
        description="Widths of the U-Net blocks, deepest first. Four instead of five blocks end "
        "at half the resolution, and the logits are enlarged bilinearly; for the decoders that "
        "are no U-Nets the first number is their width.",
    )  # fmt: skip
    decoder_attention: Literal["scse"] | None = Field(
        default=None, description='"scse" (Roy et al. 2018), for U-Net and U-Net++, or none.'
    )
    image_head: bool = Field(
        default=True,
        description="Also learn whether the image is empty, from the deepest features.",
    )
    dropout: float = Field(default=0.2, ge=0, le=0.9, description="Before the image head.")
    crop_margin: float = Field(
        default=0.0, ge=0, le=1, validation_alias=AliasChoices("crop_margin", "frame"),
        description="The network sees the part of an image that the experiment's crop finds, "
        "which gets this margin, as a rule a share of the part's width and height; 0 is the "
        "whole image.",
    )  # fmt: skip
    size: int = Field(
        default=256, ge=STRIDE, le=4096, multiple_of=STRIDE,
        description="Side of the images that the model is made for, in pixels.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _rules(self) -> "Network":
        found = []
        if self.decoder_attention and min(self.decoder_channels) < 16:
            found.append("decoder_attention='scse' needs decoder_channels of at least 16")
        if self.decoder_attention and self.decoder not in UNETS:
            found.append(
                f"decoder={self.decoder!r} has no decoder_attention: it is for unet and unetpp"
            )
        raise_all(found)
        return self


@frozen
class Stage:
    """A part of the training with its own size of images."""

    epochs: int = Field(ge=1, le=10_000, description="How many.")
    size: int = Field(
        ge=STRIDE, le=4096, multiple_of=STRIDE, description="Side of the images, in pixels."
    )
    batch: int = Field(
        default=0, ge=0, le=4096, description="Images per step; 0 is the configuration's."
    )
    rate: float = Field(
        default=1.0, gt=0, le=1000, description="Factor on both peak learning rates."
    )
    frozen_stages: int | None = Field(
        default=None, ge=0, le=5, description="Of the encoder; none is the configuration's."
    )


@frozen
class Training:
    """How networks are trained, on which images and how long."""

    models: int = Field(
        default=1, ge=1, le=100,
        description="Networks trained from different seeds, and averaged in prediction.",
    )  # fmt: skip
    train_sizes: tuple[Side, ...] = Field(
        default=(),
        description="Sides in equal parts of the training, small ones first; none is always the "
        "network's size.",
    )
    epochs: int = Field(
        default=40, ge=1, le=10_000, description="Rounds of as many images as `samples`."
    )
    stages: tuple[Stage, ...] = Field(
        default=(),
        description="Parts of the training one by one, instead of `train_sizes` and `epochs`.",
    )
    restarts: bool = Field(
        default=False, description="Each stage warms up and decays its learning rate anew."
    )
    samples: int = Field(
        default=400, ge=0, le=10_000_000,
        description="Images per epoch; 0 is the number of training images.",
    )  # fmt: skip
    positive_share: tuple[Share, Share] = Field(
        default=(0.8, 0.4),
        description="Share of positive images in the first and in the last epoch.",
    )
    batch: int = Field(
        default=16, ge=1, le=4096, description="Images per step, of all processes together."
    )
    accumulate: int = Field(
        default=1, ge=1, le=4096,
        description="Steps whose gradients are summed before the weights change.",
    )  # fmt: skip
    lr: float = Field(
        default=1.5e-3, ge=0, le=1,
        description="Peak learning rate of decoder and heads (AdamW, Loshchilov & Hutter 2019).",
    )  # fmt: skip
    encoder_lr: float = Field(
        default=5e-4, ge=0, le=1, description="Peak learning rate of the encoder."
    )
    schedule: Literal["cosine", "onecycle"] = Field(
        default="cosine",
        description='"cosine" warms up linearly and decays to zero along half a cosine; '
        '"onecycle" rises along half a cosine from a 25th and falls to nearly zero (Smith & '
        "Topin 2019).",
    )
    weight_decay: float = Field(
        default=0.02, ge=0, le=1, description="Of matrices and kernels, not of biases and norms."
    )
    warmup: float = Field(
        default=0.05, ge=0, le=1, description="Share of the steps in which the rate rises."
    )
    clip_norm: float = Field(
        default=5.0, ge=1e-6, le=1e6, description="Largest norm of the gradient."
    )
    ema_decay: float = Field(
        default=0.995, ge=0, le=0.999999,
        description="Of the averaged weights, which are the model; 0 keeps the last weights.",
    )  # fmt: skip
    holdout: float = Field(
        default=0.0, ge=0, le=0.5,
        description="Share of the training groups that is not learned from but scores the epochs "
        "by the competition's metric; 0 is none.",
    )  # fmt: skip
    check_every: int = Field(
        default=1, ge=1, le=10_000,
        description="Epochs between two scores; the last epoch always gets one.",
    )  # fmt: skip
    patience: int = Field(
        default=0, ge=0, le=10_000,
        description="Scores without a better one after which the training ends; 0 is never.",
    )  # fmt: skip
    top_k: int = Field(
        default=0, ge=0, le=100,
        description="The model is the mean of the weights of so many best epochs; 0 is the last.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _rules(self) -> "Training":
        found = []
        if self.samples == 1 and self.batch > 1:
            found.append(f"samples=1 makes no batch of {self.batch}: set samples>=2 or batch=1")
        if (self.patience or self.top_k) and not self.holdout:
            found.append("patience and top_k compare epochs on images held out: set holdout=0.1")
        if self.stages and self.train_sizes:
            found.append("stages say the sizes of the training: leave train_sizes out")
        raise_all(found)
        return self


@frozen
class Loss:
    """Weights of the parts of the loss."""

    bce: float = Field(default=3.0, ge=0, le=1000, description="Cross-entropy of the pixels.")
    dice: float = Field(default=1.0, ge=0, le=1000, description="See `dice_loss`.")
    focal: float = Field(default=4.0, ge=0, le=1000, description="See `focal_loss`.")
    lovasz: float = Field(default=0.0, ge=0, le=1000, description="See `lovasz_loss`.")
    image: float = Field(default=0.5, ge=0, le=1000, description="Of the image head.")
    symmetric: bool = Field(
        default=False,
        description="Dice and Lovász are the mean of those of object and background, and "
        "cross-entropy has its reverse added (Wang et al. 2019).",
    )
    deep_supervision: float = Field(
        default=0.0, ge=0, le=1000,
        description="Weight of the mean loss of the coarser levels of a U-Net, which then get "
        "mask heads of their own (Lee et al. 2015); 0 is none.",
    )  # fmt: skip


@frozen
class Augmentation:
    """Random changes of the training images; 0 turns one off."""

    halves: float = Field(
        default=0.0, ge=0, le=1,
        description="Share of images whose right half is taken from another of the batch.",
    )  # fmt: skip
    flip: float = Field(default=0.5, ge=0, le=1, description="Probability of a left-right flip.")
    rotate: float = Field(default=12.0, ge=0, le=180, description="Largest rotation in degrees.")
    scale: float = Field(default=0.15, ge=0, le=0.9, description="Largest relative scaling.")
    shift: float = Field(
        default=0.06, ge=0, le=0.5, description="Largest shift as a share of the side."
    )
    crop: float = Field(
        default=0.0, ge=0, le=0.9,
        description="Largest share of the side that a crop cuts off, which is then scaled up.",
    )  # fmt: skip
    elastic: float = Field(
        default=0.0, ge=0, le=0.2,
        description="Largest displacement of a smooth random field, as a share of the side "
        "(Simard et al. 2003).",
    )  # fmt: skip
    grid: float = Field(
        default=0.0, ge=0, le=0.9,
        description="Largest relative change of the width of the cells of a grid.",
    )  # fmt: skip
    brightness: float = Field(
        default=0.1, ge=0, le=1, description="Largest shift, 1 is the whole grey scale."
    )
    contrast: float = Field(
        default=0.2, ge=0, le=1,
        description="Largest relative change about the mean of the image.",
    )  # fmt: skip
    gamma: float = Field(
        default=0.25, ge=0, le=2, description="Largest change of the logarithm of the exponent."
    )
    noise: float = Field(
        default=0.02, ge=0, le=1,
        description="Largest standard deviation of pixel noise, 1 is the whole grey scale.",
    )  # fmt: skip


@frozen
class Inference:
    """How trained networks predict."""

    tta_flip: bool = Field(
        default=True, description="Average the prediction with that of the flipped image."
    )
    tta_scales: tuple[Scale, ...] = Field(
        default=(),
        description="Sides relative to the network's size at which images are also predicted.",
    )
    tile: int = Field(
        default=0, ge=0, le=4096, multiple_of=STRIDE,
        description="Side of overlapping squares that are predicted one by one; 0 is the whole "
        "image.",
    )  # fmt: skip
    tile_overlap: float = Field(
        default=0.25, ge=0, le=0.9, description="Share of a tile that its neighbour also covers."
    )
    presence: Literal["head", "map", "both"] = Field(
        default="both", description="What p(non-empty) is made of, see `Segmenter.predict`."
    )
    mask_size: int = Field(
        default=0, ge=0, le=4096,
        description="Side of the stored probability maps; 0 is the network's size.",
    )  # fmt: skip
    predict_batch: int = Field(
        default=16, ge=1, le=4096, description="Images per step, halved when memory runs out."
    )


@frozen
class Runtime:
    """Where and how it is computed."""

    amp: Literal["auto", "bf16", "fp16", "none"] = Field(
        default="auto",
        description='"bf16" and "fp16" compute in these where that is safe, "none" in float32; '
        '"auto" is fp16 on a CUDA GPU and float32 on a processor.',
    )
    channels_last: bool = Field(default=True, description="Memory layout that convolutions prefer.")
    compile: bool = Field(
        default=False, description="Let torch.compile translate the network for training."
    )
    loader_threads: int = Field(
        default=0, ge=0, le=64,
        description="Threads that prepare batches ahead; 0 prepares each when it is needed.",
    )  # fmt: skip
    augment_on: Literal["device", "cpu"] = Field(
        default="device",
        description='"device" changes whole batches where the network is, "cpu" before they go '
        "there.",
    )
    tracker: Literal["none", "tensorboard", "mlflow"] = Field(
        default="none", description="Where the history goes as well."
    )
    checkpoint_seconds: float = Field(
        default=30.0, ge=0, le=1e6, description="Time between two resume points."
    )
    device: Literal["auto", "cpu"] = Field(
        default="auto", description='"auto" is the GPU where there is one.'
    )
    threads: int = Field(
        default=0, ge=0, le=1024, description="Of torch on the CPU; 0 is torch's own choice."
    )
