"""The groups of a segmenter's configuration, with type, default, range and meaning per field."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from configuration import frozen

STRIDE = 32
"""Largest stride of the encoders; image sides are multiples of this."""

UNETS = ("unet", "unetpp")
"""Decoders that support attention and deep supervision."""

Side = Annotated[int, Field(ge=STRIDE, le=4096, multiple_of=STRIDE)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0.25, le=4)]


def raise_all(faults: list[str]) -> None:
    """Raise a `ValueError` with all `faults` in one line, if there are any."""
    if faults:
        raise ValueError("; ".join(faults))


@frozen
class Network:
    """Architecture of the network, and crop and size of its input."""

    encoder: str = "efficientnet_lite0"
    """Name of a timm model."""
    encoder_weights: str = "imagenet"
    """Either "imagenet" (timm's, downloaded), "none" (random), or the path of a safetensors file
    with timm's parameter names."""
    frozen_stages: int = Field(default=0, ge=0, le=5)
    """Number of encoder stages, counted by timm (the first usually has stride 2), whose weights
    and batch statistics are frozen; 5 freezes the whole encoder."""
    decoder: Literal["unet", "unetpp", "fpn", "deeplabv3plus", "segformer", "upernet"] = "unet"
    """U-Net (Ronneberger et al. 2015), U-Net++ (Zhou et al. 2018), FPN (Kirillov et al. 2019),
    DeepLabV3+ (Chen et al. 2018), SegFormer (Xie et al. 2021) or UPerNet (Xiao et al. 2018)."""
    decoder_channels: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field(
        default=(64, 32, 16, 16), min_length=1, max_length=5
    )
    """Channels of the U-Net or U-Net++ blocks, deepest first. Four instead of five blocks end at
    half the resolution, and the logits are upsampled bilinearly. The other decoders use the first
    number as their width."""
    decoder_attention: Literal["scse"] | None = None
    """Attention of U-Net and U-Net++: "scse" (Roy et al. 2018) or none."""
    image_head: bool = True
    """Add a head that classifies images as positive or empty from the deepest features."""
    dropout: float = Field(default=0.2, ge=0, le=0.9)
    """Dropout probability before the image head, and in FPN and DeepLabV3+."""
    crop_margin: float = Field(
        default=0.0, ge=0, le=1, validation_alias=AliasChoices("crop_margin", "frame")
    )
    """Margin around the box found by the experiment's crop function, usually as a share of its
    width and height; 0 uses whole images without a crop."""
    hypercolumns: bool = False
    """Predict the map from the outputs of all U-Net or U-Net++ blocks, enlarged to the size of the
    last and concatenated (Hariharan et al. 2015), instead of from the last alone."""
    pad_to: int = Field(default=0, ge=0, le=4096)
    """Side to which the experiment's images are padded by reflection before they are resized to
    `size`, in pixels; predicted maps are cut back. 0 pads nothing."""
    size: int = Field(default=256, ge=STRIDE, le=4096, multiple_of=STRIDE)
    """Side of the network's input images, in pixels."""

    @model_validator(mode="after")
    def _rules(self) -> "Network":
        found = []
        if self.decoder_attention and min(self.decoder_channels) < 16:
            found.append("decoder_attention='scse' needs decoder_channels of at least 16")
        if self.decoder_attention and self.decoder not in UNETS:
            found.append(
                f"decoder={self.decoder!r} has no decoder_attention: only unet and unetpp have"
            )
        if self.hypercolumns and self.decoder not in UNETS:
            found.append(f"decoder={self.decoder!r} has no hypercolumns: only unet and unetpp have")
        if self.pad_to and self.crop_margin:
            found.append("images are padded or cropped: set pad_to=0 or crop_margin=0")
        raise_all(found)
        return self


@frozen
class Stage:
    """A stage of the training with its own image size."""

    epochs: int = Field(ge=1, le=10_000)
    """Number of epochs."""
    size: int = Field(ge=STRIDE, le=4096, multiple_of=STRIDE)
    """Side of the images, in pixels."""
    batch: int = Field(default=0, ge=0, le=4096)
    """Images per step; 0 uses `Training.batch`."""
    rate: float = Field(default=1.0, gt=0, le=1000)
    """Factor of both peak learning rates."""
    frozen_stages: int | None = Field(default=None, ge=0, le=5)
    """Number of frozen encoder stages; none uses `Network.frozen_stages`."""


@frozen
class Training:
    """Sampling, optimisation, learning rate schedule and model selection."""

    models: int = Field(default=1, ge=1, le=100)
    """Number of networks trained with different seeds; predictions are their mean."""
    train_sizes: tuple[Side, ...] = ()
    """Image sides for consecutive, equally long parts of the training, in pixels; none uses the
    network's size throughout."""
    epochs: int = Field(default=40, ge=1, le=10_000)
    """Number of epochs, each of `samples` images."""
    stages: tuple[Stage, ...] = ()
    """Consecutive stages of the training, instead of `train_sizes` and `epochs`."""
    restarts: bool = False
    """Restart warm-up and decay of the learning rate in each stage."""
    samples: int = Field(default=400, ge=0, le=10_000_000)
    """Images per epoch; 0 is the number of training images."""
    positive_share: tuple[Share, Share] = (0.8, 0.4)
    """Share of positive images in the first and in the last epoch, linear in between."""
    batch: int = Field(default=16, ge=1, le=4096)
    """Images per step, over all processes."""
    accumulate: int = Field(default=1, ge=1, le=4096)
    """Steps over which gradients are accumulated before a weight update."""
    lr: float = Field(default=1.5e-3, ge=0, le=1)
    """Peak learning rate of decoder and heads (AdamW, Loshchilov & Hutter 2019)."""
    encoder_lr: float = Field(default=5e-4, ge=0, le=1)
    """Peak learning rate of the encoder."""
    schedule: Literal["cosine", "onecycle"] = "cosine"
    """Learning rate schedule: "cosine" is a linear warm-up and a cosine decay to zero, "onecycle"
    a cosine warm-up from 1/25 of the peak and a cosine decay to nearly zero (Smith & Topin
    2019)."""
    weight_decay: float = Field(default=0.02, ge=0, le=1)
    """Weight decay of matrices and kernels; biases and norm parameters have none."""
    warmup: float = Field(default=0.05, ge=0, le=1)
    """Share of the steps in the warm-up."""
    clip_norm: float = Field(default=5.0, ge=1e-6, le=1e6)
    """Largest norm of the gradient."""
    ema_decay: float = Field(default=0.995, ge=0, le=0.999999)
    """Decay of the exponential moving average of the weights, which is the trained model; 0 uses
    the last weights."""
    holdout: float = Field(default=0.0, ge=0, le=0.5)
    """Share of the training groups held out to score epochs by the competition's metric; 0
    holds out none."""
    check_every: int = Field(default=1, ge=1, le=10_000)
    """Epochs between two scores; the last epoch is always scored."""
    patience: int = Field(default=0, ge=0, le=10_000)
    """Scores without improvement after which training stops; 0 never stops early."""
    top_k: int = Field(default=0, ge=0, le=100)
    """Number of best epochs whose weights are averaged to the model; 0 uses the last epoch."""
    skip_stripes: bool = False
    """Train without images whose mask consists of whole columns or whole rows."""
    skip_below: Share = 0.0
    """Train without positive images whose mask covers less than this share of the image."""
    pseudo: str = ""
    """Name of a blend whose masks of the test images are used as further training images
    (pseudo-labels, Lee 2013); empty for none. In each fold they come from the blend's models that
    have not seen the fold."""
    pretrain_epochs: int = Field(default=0, ge=0, le=10_000)
    """Epochs of self-supervised pretraining on all images at hand, test images included, without
    any annotation: encoder and decoder learn to restore hidden blocks (see `Pretrainer`), once for
    all folds; 0 starts from `Network.encoder_weights`."""

    @model_validator(mode="after")
    def _rules(self) -> "Training":
        found = []
        if self.samples == 1 and self.batch > 1:
            found.append(f"samples=1 cannot fill batch={self.batch}: set samples>=2 or batch=1")
        if (self.patience or self.top_k) and not self.holdout:
            found.append("patience and top_k compare epochs on images held out: set holdout=0.1")
        if self.stages and self.train_sizes:
            found.append("stages set the sizes of the training: leave train_sizes out")
        raise_all(found)
        return self


@frozen
class Loss:
    """Weights of the loss terms."""

    bce: float = Field(default=3.0, ge=0, le=1000)
    """Weight of the pixels' binary cross-entropy."""
    dice: float = Field(default=1.0, ge=0, le=1000)
    """Weight of `dice_loss`."""
    focal: float = Field(default=4.0, ge=0, le=1000)
    """Weight of `focal_loss`."""
    lovasz: float = Field(default=0.0, ge=0, le=1000)
    """Weight of `lovasz_loss`."""
    lovasz_elu: bool = False
    """Count pixels well on the right side in the Lovász loss too, by elu + 1 of the errors."""
    image: float = Field(default=0.5, ge=0, le=1000)
    """Weight of the image head's binary cross-entropy."""
    map_presence: float = Field(default=0.0, ge=0, le=1000)
    """Weight of `presence_loss`, which scores whole images as empty or not by their map."""
    symmetric: bool = False
    """Average the Dice and Lovász losses over object and background, and add the reverse
    cross-entropy to the cross-entropy (Wang et al. 2019)."""
    deep_supervision: float = Field(default=0.0, ge=0, le=1000)
    """Weight of the mean loss of the coarser decoder levels of U-Net and U-Net++, each with its
    own mask head (Lee et al. 2015); 0 adds none."""


@frozen
class Augmentation:
    """Random augmentation of the training images; 0 disables a change."""

    halves: float = Field(default=0.0, ge=0, le=1)
    """Share of images whose right half is replaced by that of another image of the batch."""
    flip: float = Field(default=0.5, ge=0, le=1)
    """Probability of a left-right flip."""
    rotate: float = Field(default=12.0, ge=0, le=180)
    """Largest rotation in degrees."""
    scale: float = Field(default=0.15, ge=0, le=0.9)
    """Largest relative scaling."""
    shift: float = Field(default=0.06, ge=0, le=0.5)
    """Largest shift as a share of the side."""
    crop: float = Field(default=0.0, ge=0, le=0.9)
    """Largest share of the side removed by a random crop; the rest is scaled to full size."""
    elastic: float = Field(default=0.0, ge=0, le=0.2)
    """Largest displacement of the elastic deformation, as a share of the side (Simard et al.
    2003)."""
    grid: float = Field(default=0.0, ge=0, le=0.9)
    """Largest relative change of the cell widths in the grid distortion."""
    brightness: float = Field(default=0.1, ge=0, le=1)
    """Largest additive change of the grey values; 1 is the full grey range."""
    contrast: float = Field(default=0.2, ge=0, le=1)
    """Largest relative change of the contrast about the mean of the image."""
    gamma: float = Field(default=0.25, ge=0, le=2)
    """Largest absolute logarithm of the gamma exponent."""
    noise: float = Field(default=0.02, ge=0, le=1)
    """Largest standard deviation of the pixel noise; 1 is the full grey range."""


@frozen
class Inference:
    """Test-time augmentation, tiles and output of the prediction."""

    tta_flip: bool = True
    """Average the predictions for the image and its left-right mirror image."""
    tta_scales: tuple[Scale, ...] = ()
    """Further scales of the images, relative to the network's size, whose predictions are
    averaged."""
    tile: int = Field(default=0, ge=0, le=4096, multiple_of=STRIDE)
    """Side of the overlapping square tiles, in pixels; 0 predicts whole images."""
    tile_overlap: float = Field(default=0.25, ge=0, le=0.9)
    """Smallest overlap of neighbouring tiles, as a share of their side."""
    presence: Literal["head", "map", "both"] = "both"
    """Source of p(non-empty): the image head, the probability map, or the mean of both; see
    `Segmenter.predict`."""
    mask_size: int = Field(default=0, ge=0, le=4096)
    """Side of the stored probability maps, in pixels; 0 is the network's size."""
    predict_batch: int = Field(default=16, ge=1, le=4096)
    """Images per batch; halved when memory runs out."""


@frozen
class Runtime:
    """Device, precision, memory layout, threads and checkpoints."""

    amp: Literal["auto", "bf16", "fp16", "none"] = "auto"
    """Automatic mixed precision in bfloat16 or float16, or "none" for float32; "auto" is fp16 on
    a CUDA GPU and float32 on a CPU."""
    channels_last: bool = True
    """Use the channels-last memory layout, in which convolutions are faster."""
    compile: bool = False
    """Compile the network with torch.compile for training."""
    loader_threads: int = Field(default=0, ge=0, le=64)
    """Threads that prepare batches in advance; 0 prepares each batch when it is needed."""
    augment_on: Literal["device", "cpu"] = "device"
    """Augment batches on the network's device, or on the CPU before they are copied there."""
    tracker: Literal["none", "tensorboard", "mlflow"] = "none"
    """Experiment tracker that also records the training history."""
    checkpoint_seconds: float = Field(default=30.0, ge=0, le=1e6)
    """Seconds between two checkpoints for resuming."""
    device: Literal["auto", "cpu"] = "auto"
    """Either "auto", a GPU if available, or "cpu"."""
    threads: int = Field(default=0, ge=0, le=1024)
    """Threads of torch on the CPU, at most its cores; 0 is torch's default."""
