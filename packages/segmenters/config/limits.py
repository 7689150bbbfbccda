"""Which values a configuration may hold."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segmenters.config.segmenter_config import SegmenterConfig

STRIDE = 32
"""Deepest stride of the encoders; image sides are multiples of it."""

UNETS = ("unet", "unetpp")
"""Decoders with one block per level."""

_CHOICES = {
    "decoder": (*UNETS, "fpn", "deeplabv3plus", "segformer", "upernet"),
    "decoder_attention": (None, "scse"),
    "schedule": ("cosine", "onecycle"),
    "amp": ("auto", "bf16", "fp16", "none"),
    "augment_on": ("device", "cpu"),
    "tracker": ("none", "tensorboard", "mlflow"),
    "presence": ("head", "map", "both"),
    "device": ("auto", "cpu"),
}

_RANGES: dict[str, tuple[float, float]] = {
    "frozen_stages": (0, 5),
    "deep_supervision": (0, 1000),
    "dropout": (0, 0.9),
    "models": (1, 100),
    "frame": (0, 1),
    "size": (STRIDE, 4096),
    "epochs": (1, 10_000),
    "samples": (0, 10_000_000),
    "batch": (1, 4096),
    "accumulate": (1, 4096),
    "lr": (0, 1),
    "encoder_lr": (0, 1),
    "weight_decay": (0, 1),
    "warmup": (0, 1),
    "clip_norm": (1e-6, 1e6),
    "ema_decay": (0, 0.999999),
    "holdout": (0, 0.5),
    "check_every": (1, 10_000),
    "patience": (0, 10_000),
    "top_k": (0, 100),
    "bce": (0, 1000),
    "dice": (0, 1000),
    "focal": (0, 1000),
    "lovasz": (0, 1000),
    "image": (0, 1000),
    "halves": (0, 1),
    "flip": (0, 1),
    "rotate": (0, 180),
    "scale": (0, 0.9),
    "shift": (0, 0.5),
    "crop": (0, 0.9),
    "elastic": (0, 0.2),
    "grid": (0, 0.9),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "gamma": (0, 2),
    "noise": (0, 1),
    "loader_threads": (0, 64),
    "tile": (0, 4096),
    "tile_overlap": (0, 0.9),
    "mask_size": (0, 4096),
    "predict_batch": (1, 4096),
    "checkpoint_seconds": (0, 1e6),
    "threads": (0, 1024),
}


def faults(config: "SegmenterConfig") -> list[str]:
    """Return all that is wrong with `config`, one clause each."""
    found = [
        f"{name} must lie in {low}..{high}, not {getattr(config, name)}"
        for name, (low, high) in _RANGES.items()
        if not low <= getattr(config, name) <= high
    ]
    found += [
        f"{name} must be one of {', '.join(map(str, known))}, not {getattr(config, name)!r}"
        for name, known in _CHOICES.items()
        if getattr(config, name) not in known
    ]
    return found + _network_faults(config) + _training_faults(config) + _size_faults(config)


def _network_faults(config: "SegmenterConfig") -> list[str]:
    widths, found = config.decoder_channels, []
    if not 1 <= len(widths) <= 5 or min(widths) < 1:
        found.append(f"decoder_channels must be 1 to 5 widths, not {widths}")
    if config.decoder_attention and min(widths, default=0) < 16:
        found.append("decoder_attention='scse' needs decoder_channels of at least 16")
    if config.decoder not in UNETS and (config.decoder_attention or config.deep_supervision):
        found.append(
            f"decoder={config.decoder!r} has neither decoder_attention nor deep_supervision: "
            "they are for unet and unetpp"
        )
    if config.deep_supervision and len(widths) == 1:
        found.append("deep_supervision needs decoder_channels of two blocks or more")
    if not config.image_head and config.presence != "map":
        found.append(f"presence={config.presence!r} needs image_head=True")
    return found


def _training_faults(config: "SegmenterConfig") -> list[str]:
    found = []
    if len(config.positive_share) != 2 or not all(0 <= s <= 1 for s in config.positive_share):
        found.append(f"positive_share must be two shares, not {config.positive_share}")
    if config.samples == 1 and config.batch > 1:
        found.append(f"samples=1 makes no batch of {config.batch}: set samples>=2 or batch=1")
    if (config.patience or config.top_k) and not config.holdout:
        found.append("patience and top_k judge epochs on images held out: set holdout, say 0.1")
    if config.stages and config.train_sizes:
        found.append("stages say the sizes of the training: leave train_sizes out")
    for number, stage in enumerate(config.stages):
        if stage.epochs < 1 or stage.batch < 0 or stage.rate <= 0:
            found.append(f"stage {number} needs epochs >= 1, batch >= 0 and rate > 0: {stage}")
        if stage.frozen_stages is not None and not 0 <= stage.frozen_stages <= 5:
            found.append(f"frozen_stages of stage {number} must lie in 0..5: {stage}")
    return found


def _size_faults(config: "SegmenterConfig") -> list[str]:
    sides = [config.size, *config.train_sizes, *(stage.size for stage in config.stages)]
    found = [
        f"size, train_sizes and sizes of stages must be multiples of {STRIDE}, not {side}"
        for side in sides
        if side < STRIDE or side % STRIDE
    ]
    if config.tile % STRIDE:
        found.append(f"tile must be a multiple of {STRIDE}, not {config.tile}")
    if not all(0.25 <= scale <= 4 for scale in config.tta_scales):
        found.append(f"tta_scales must lie in 0.25..4, not {config.tta_scales}")
    return found
