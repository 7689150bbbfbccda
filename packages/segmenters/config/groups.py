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

    encoder: str = "efficientnet_lite0"
    """Name of a timm model."""
    encoder_weights: str = "imagenet"
    """Either "imagenet" (timm's, downloaded), "none" (random), or the path of a safetensors file
    under timm's parameter names."""
    frozen_stages: int = Field(default=0, ge=0, le=5)
    """Encoder stages as timm counts them (the first mostly has stride 2) whose weights and batch
    statistics stay as they are; they need no backward pass. 5 is all."""
    decoder: Literal["unet", "unetpp", "fpn", "deeplabv3plus", "segformer", "upernet"] = "unet"
    """U-Net (Ronneberger et al. 2015), U-Net++ (Zhou et al. 2018), FPN (Kirillov et al. 2019),
    DeepLabV3+ (Chen et al. 2018), SegFormer (Xie et al. 2021) or UPerNet (Xiao et al. 2018)."""
    decoder_channels: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(64, 32, 16, 16), min_length=1, max_length=5
    )
    """Widths of the U-Net blocks, deepest first. Four instead of five blocks end at half the
    resolution, and the logits are enlarged bilinearly; for the decoders that are no U-Nets the
    first number is their width."""
    decoder_attention: Literal["scse"] | None = None
    """Either "scse" (Roy et al. 2018), for U-Net and U-Net++, or none."""
    image_head: bool = True
    """Also learn whether the image is empty, from the deepest features."""
    dropout: float = Field(default=0.2, ge=0, le=0.9)
    """Before the image head."""
    crop_margin: float = Field(
        default=0.0, ge=0, le=1, validation_alias=AliasChoices("crop_margin", "frame")
    )
    """The network sees the part of an image that the experiment's crop finds, which gets this
    margin, as a rule a share of the part's width and height; 0 is the whole image."""
    size: int = Field(default=256, ge=STRIDE, le=4096, multiple_of=STRIDE)
    """Side of the images that the model is made for, in pixels."""

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

    epochs: int = Field(ge=1, le=10_000)
    """How many."""
    size: int = Field(ge=STRIDE, le=4096, multiple_of=STRIDE)
    """Side of the images, in pixels."""
    batch: int = Field(default=0, ge=0, le=4096)
    """Images per step; 0 is the configuration's."""
    rate: float = Field(default=1.0, gt=0, le=1000)
    """Factor on both peak learning rates."""
    frozen_stages: int | None = Field(default=None, ge=0, le=5)
    """Of the encoder; none is the configuration's."""


@frozen
class Training:
    """How networks are trained, on which images and how long."""

    models: int = Field(default=1, ge=1, le=100)
    """Networks trained from different seeds, and averaged in prediction."""
    train_sizes: tuple[Side, ...] = ()
    """Sides in equal parts of the training, small ones first; none is always the network's size."""
    epochs: int = Field(default=40, ge=1, le=10_000)
    """Rounds of as many images as `samples`."""
    stages: tuple[Stage, ...] = ()
    """Parts of the training one by one, instead of `train_sizes` and `epochs`."""
    restarts: bool = False
    """Each stage warms up and decays its learning rate anew."""
    samples: int = Field(default=400, ge=0, le=10_000_000)
    """Images per epoch; 0 is the number of training images."""
    positive_share: tuple[Share, Share] = (0.8, 0.4)
    """Share of positive images in the first and in the last epoch."""
    batch: int = Field(default=16, ge=1, le=4096)
    """Images per step, of all processes together."""
    accumulate: int = Field(default=1, ge=1, le=4096)
    """Steps whose gradients are summed before the weights change."""
    lr: float = Field(default=1.5e-3, ge=0, le=1)
    """Peak learning rate of decoder and heads (AdamW, Loshchilov & Hutter 2019)."""
    encoder_lr: float = Field(default=5e-4, ge=0, le=1)
    """Peak learning rate of the encoder."""
    schedule: Literal["cosine", "onecycle"] = "cosine"
    """With "cosine" the rate warms up linearly and decays to zero along half a cosine; with
    "onecycle" it rises along half a cosine from a 25th and falls to nearly zero (Smith & Topin
    2019)."""
    weight_decay: float = Field(default=0.02, ge=0, le=1)
    """Of matrices and kernels, not of biases and norms."""
    warmup: float = Field(default=0.05, ge=0, le=1)
    """Share of the steps in which the rate rises."""
    clip_norm: float = Field(default=5.0, ge=1e-6, le=1e6)
    """Largest norm of the gradient."""
    ema_decay: float = Field(default=0.995, ge=0, le=0.999999)
    """Of the averaged weights, which are the model; 0 keeps the last weights."""
    holdout: float = Field(default=0.0, ge=0, le=0.5)
    """Share of the training groups that is not learned from but scores the epochs by the
    competition's metric; 0 is none."""
    check_every: int = Field(default=1, ge=1, le=10_000)
    """Epochs between two scores; the last epoch always gets one."""
    patience: int = Field(default=0, ge=0, le=10_000)
    """Scores without a better one after which the training ends; 0 is never."""
    top_k: int = Field(default=0, ge=0, le=100)
    """The model is the mean of the weights of so many best epochs; 0 is the last."""

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

    bce: float = Field(default=3.0, ge=0, le=1000)
    """Cross-entropy of the pixels."""
    dice: float = Field(default=1.0, ge=0, le=1000)
    """See `dice_loss`."""
    focal: float = Field(default=4.0, ge=0, le=1000)
    """See `focal_loss`."""
    lovasz: float = Field(default=0.0, ge=0, le=1000)
    """See `lovasz_loss`."""
    image: float = Field(default=0.5, ge=0, le=1000)
    """Of the image head."""
    symmetric: bool = False
    """Dice and Lovász are the mean of those of object and background, and cross-entropy has its
    reverse added (Wang et al. 2019)."""
    deep_supervision: float = Field(default=0.0, ge=0, le=1000)
    """Weight of the mean loss of the coarser levels of a U-Net, which then get mask heads of their
    own (Lee et al. 2015); 0 is none."""


@frozen
class Augmentation:
    """Random changes of the training images; 0 turns one off."""

    halves: float = Field(default=0.0, ge=0, le=1)
    """Share of images whose right half is taken from another of the batch."""
    flip: float = Field(default=0.5, ge=0, le=1)
    """Probability of a left-right flip."""
    rotate: float = Field(default=12.0, ge=0, le=180)
    """Largest rotation in degrees."""
    scale: float = Field(default=0.15, ge=0, le=0.9)
    """Largest relative scaling."""
    shift: float = Field(default=0.06, ge=0, le=0.5)
    """Largest shift as a share of the side."""
    crop: float = Field(default=0.0, ge=0, le=0.9)
    """Largest share of the side that a crop cuts off, which is then scaled up."""
    elastic: float = Field(default=0.0, ge=0, le=0.2)
    """Largest displacement of a smooth random field, as a share of the side (Simard et al.
    2003)."""
    grid: float = Field(default=0.0, ge=0, le=0.9)
    """Largest relative change of the width of the cells of a grid."""
    brightness: float = Field(default=0.1, ge=0, le=1)
    """Largest shift, 1 is the whole grey scale."""
    contrast: float = Field(default=0.2, ge=0, le=1)
    """Largest relative change about the mean of the image."""
    gamma: float = Field(default=0.25, ge=0, le=2)
    """Largest change of the logarithm of the exponent."""
    noise: float = Field(default=0.02, ge=0, le=1)
    """Largest standard deviation of pixel noise, 1 is the whole grey scale."""


@frozen
class Inference:
    """How trained networks predict."""

    tta_flip: bool = True
    """Average the prediction with that of the flipped image."""
    tta_scales: tuple[Scale, ...] = ()
    """Sides relative to the network's size at which images are also predicted."""
    tile: int = Field(default=0, ge=0, le=4096, multiple_of=STRIDE)
    """Side of overlapping squares that are predicted one by one; 0 is the whole image."""
    tile_overlap: float = Field(default=0.25, ge=0, le=0.9)
    """Share of a tile that its neighbour also covers."""
    presence: Literal["head", "map", "both"] = "both"
    """What p(non-empty) is made of, see `Segmenter.predict`."""
    mask_size: int = Field(default=0, ge=0, le=4096)
    """Side of the stored probability maps; 0 is the network's size."""
    predict_batch: int = Field(default=16, ge=1, le=4096)
    """Images per step, halved when memory runs out."""


@frozen
class Runtime:
    """Where and how it is computed."""

    amp: Literal["auto", "bf16", "fp16", "none"] = "auto"
    """With "bf16" and "fp16" it computes in these where that is safe, with "none" in float32;
    "auto" is fp16 on a CUDA GPU and float32 on a processor."""
    channels_last: bool = True
    """Memory layout that convolutions prefer."""
    compile: bool = False
    """Let torch.compile translate the network for training."""
    loader_threads: int = Field(default=0, ge=0, le=64)
    """Threads that prepare batches ahead; 0 prepares each when it is needed."""
    augment_on: Literal["device", "cpu"] = "device"
    """On "device" whole batches change where the network is, on "cpu" before they go there."""
    tracker: Literal["none", "tensorboard", "mlflow"] = "none"
    """Where the history goes as well."""
    checkpoint_seconds: float = Field(default=30.0, ge=0, le=1e6)
    """Time between two resume points."""
    device: Literal["auto", "cpu"] = "auto"
    """Either "auto", the GPU where there is one, or "cpu"."""
    threads: int = Field(default=0, ge=0, le=1024)
    """Of torch on the CPU; 0 is torch's own choice."""
