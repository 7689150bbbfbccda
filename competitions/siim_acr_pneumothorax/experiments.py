"""Choices: every public function is an experiment and returns what to train.

A variant is another function that returns ``dataclasses.replace`` of one of these. Figures are
out-of-fold on the real subset of 1,000 annotated stage-1 images (221 positive), 5 folds grouped
by patient, seed 0; NOTES.md has the machine and the full tables.
"""

from contest import Experiment


def lightgbm() -> Experiment:
    """LightGBM on lines in the whole image and in the lungs, joined with one that sees sides.

    AUC 0.859 (95 % over patients 0.835 to 0.883); 0.856 over the fold seeds 0, 1, 2. It draws no
    masks, so alone it scores as an empty file does, 0.779. Features of all 1,372 images in 222 s,
    then about 30 s, on 2 cores.

    Command: ``tools cv lightgbm``
    """
    from classifiers import LightGBMConfig

    return Experiment(
        kind="classifier",
        config=LightGBMConfig(sides=0.6),
        image_size=1024,
        families=("lines", "lunglines", "header"),
    )


def unet_tiny() -> Experiment:
    """A small U-Net with random weights at 128 px, for the demo and for tests.

    On the demo's 240 synthetic images: AUC 0.733, honest Dice 0.794 (an empty file 0.779), 51 s
    with 3 folds on 2 cores.

    Command: ``tools cv unet_tiny --folds 3``
    """
    from segmenters import SegmenterConfig

    return Experiment(
        kind="segmenter",
        config=SegmenterConfig(
            encoder="mobilenetv3_small_050",
            encoder_weights="none",
            decoder_channels=(32, 16, 16),
            size=128,
            epochs=12,
            samples=128,
            batch=16,
            lr=8e-3,
            encoder_lr=8e-3,
            rotate=8.0,
            noise=0.0,
        ),
    )


def unet_lite_256() -> Experiment:
    """U-Net on efficientnet_lite0 with ImageNet weights at 256 px, made for two CPU cores.

    AUC 0.866 (95 % over patients 0.838 to 0.894), honest Dice 0.789 (0.759 to 0.819; an empty
    file 0.779). About 10 minutes a fold on 2 cores, 86 for all five beside other work.

    Command: ``tools cv unet_lite_256`` (offline: ``--set encoder_weights=FILE.safetensors``)
    """
    from segmenters import SegmenterConfig

    return Experiment(
        kind="segmenter",
        config=SegmenterConfig(
            encoder="efficientnet_lite0",
            encoder_weights="imagenet",
            frozen_stages=2,
            size=256,
            train_sizes=(192, 256),
            epochs=40,
            samples=320,
        ),
    )
