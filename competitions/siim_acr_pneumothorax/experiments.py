"""The experiments: every public function returns one.

A variant is another function that returns one of these with ``config.replace``. Figures are
out-of-fold on the real subset of 1,000 annotated stage-1 images (221 positive), 5 folds grouped
by patient, seed 0; NOTES.md has the machine and the full tables.
"""

from dataclasses import replace

from classifiers import LightGBMConfig
from competitions.siim_acr_pneumothorax import features
from contest import Networks, Trees, about
from segmenters import (
    Augmentation,
    Inference,
    Network,
    Runtime,
    SegmenterConfig,
    Stage,
    Training,
)


def _networks(config: SegmenterConfig, image_size: int = 0) -> Networks:
    """Return networks on DICOM files; with `crop_margin` they see only the lungs."""
    return Networks(
        config,
        image_size,
        crop="cxr:lung_box",
        reader="dicomio:read_image",
        suffix=".dcm",
    )


@about(auc=0.859, score=0.779, minutes=4, machine="2 CPU cores")
def lightgbm() -> Trees:
    """LightGBM on lines of the whole image and of the lungs, averaged with one on chest sides.

    AUC 0.859 (95 % over patients 0.835 to 0.883); 0.856 over the fold seeds 0, 1, 2. It predicts
    no masks, so on its own it has the score of an empty file, 0.779. Features of all 1,372 images
    in 222 s, then about 30 s, on 2 cores.

    Command: ``tools cv lightgbm``
    """
    return Trees(
        config=LightGBMConfig(sides=0.6),
        image_size=features.SIDE,
        families=("lines", "lunglines", "header"),
        table=features.table,
        sides=features.SIDES,
    )


@about(auc=0.795, score=0.779, minutes=3, machine="2 CPU cores")
def lightgbm_radiomics() -> Trees:
    """LightGBM on the 93 radiomic features of the lungs, their zones and the whole image.

    With age, sex, view and pixel spacing. AUC 0.795 (95 % over patients 0.760 to 0.830); it
    predicts no masks, so it has the score of an empty file, 0.779. Features of all 1,372 images
    take 175 s of processor time, the trees 19 s.

    Command: ``tools cv lightgbm_radiomics``
    """
    return Trees(
        config=LightGBMConfig(),
        image_size=features.SIDE,
        families=("lungs", "zones", "whole", "header"),
        table=features.table,
    )


def unet_tiny() -> Networks:
    """A small U-Net with random weights at 128 px, for the demo and for tests.

    On the demo's 240 synthetic images: AUC 0.737, honest Dice 0.778 (an empty file 0.779) on a
    processor with AVX-512; about a minute with 3 folds on 2 cores.

    Command: ``tools cv unet_tiny --folds 3``
    """
    return _networks(
        SegmenterConfig(
            network=Network(
                encoder="mobilenetv3_small_050",
                encoder_weights="none",
                decoder_channels=(32, 16, 16),
                size=128,
            ),
            training=Training(epochs=12, samples=128, batch=16, lr=8e-3, encoder_lr=8e-3),
            augmentation=Augmentation(rotate=8.0, noise=0.0),
        ),
    )


@about(auc=0.882, score=0.802, minutes=60, machine="2 CPU cores")
def unet_lite_256() -> Networks:
    """U-Net on efficientnet_lite0 with ImageNet weights, for two CPU cores.

    It sees a crop of the lungs with a margin at 256 px. AUC 0.882 (95 % over patients 0.857 to
    0.907), honest Dice 0.802 (0.771 to 0.833; an empty file 0.779), 10 to 14 minutes of training a
    fold on 2 cores under load.

    Command: ``tools cv unet_lite_256`` (offline: ``--set encoder_weights=FILE.safetensors``)
    """
    return _networks(
        SegmenterConfig(
            network=Network(
                encoder="efficientnet_lite0",
                encoder_weights="imagenet",
                frozen_stages=2,
                crop_margin=0.12,
                size=256,
            ),
            training=Training(train_sizes=(192, 256), epochs=30, samples=320),
            augmentation=Augmentation(crop=0.1, elastic=0.02),
            inference=Inference(mask_size=512),
        ),
        image_size=512,
    )


@about(auc=0.885, score=0.801, minutes=100, machine="2 CPU cores")
def unet_lite_384() -> Networks:
    """U-Net on efficientnet_lite0 on the whole image at 384 px.

    AUC 0.885 (95 % over patients 0.861 to 0.909), honest Dice 0.801 (0.772 to 0.831; an empty file
    0.779); 20 minutes a fold on 2 cores.

    Command: ``tools cv unet_lite_384`` (offline: ``--set encoder_weights=FILE.safetensors``)
    """
    return _networks(
        SegmenterConfig(
            network=Network(
                encoder="efficientnet_lite0",
                encoder_weights="imagenet",
                frozen_stages=2,
                size=384,
            ),
            training=Training(train_sizes=(256, 384), epochs=24, samples=320, batch=12),
        ),
    )


@about(auc=0.894, score=0.805, minutes=5, machine="a third of an H100", gpu=True)
def unet_resnet34_512() -> Networks:
    """U-Net on ResNet-34 at 512 px for one GPU.

    Measured with efficientnet_lite0, as weights of ResNet-34 were not available: AUC 0.894 (95 %
    over patients 0.870 to 0.916), honest Dice 0.805 (0.777 to 0.832; an empty file 0.779), a fold
    in a minute of an H100 shared with two other trainings. With random ResNet-34 weights it trains
    594 images/s there, 3.4 times as many as a plain float32 loop.

    Command: ``tools cv unet_resnet34_512 --set encoder=efficientnet_lite0`` (offline: ``--set
    encoder_weights=FILE.safetensors``)
    """
    return _networks(
        SegmenterConfig(
            network=Network(encoder="resnet34", decoder_channels=(256, 128, 64, 32, 16), size=512),
            training=Training(
                epochs=16, samples=0, batch=16, lr=1e-3, encoder_lr=3e-4, ema_decay=0.999
            ),
            augmentation=Augmentation(crop=0.15, elastic=0.02),
            inference=Inference(predict_batch=32),
            runtime=Runtime(loader_threads=4),
        ),
    )


@about(gpu=True)
def unet_resnet34_1024() -> Networks:
    """The training of the winning solution: 512, then 1024 px, the best three epochs averaged.

    BCE + Dice + focal loss (3 : 1 : 4), the share of positives falling from 0.8 to 0.4, scSE
    attention, batches of 4 whose gradients are summed to 16. Made for a GPU and not measured on
    one; its code is tested in miniature on the CPU.

    Command: ``tools cv unet_resnet34_1024``
    """
    base = unet_resnet34_512()
    stages = (Stage(2, 512, frozen_stages=5), Stage(38, 512), Stage(20, 1024, rate=0.3))
    config = base.config.replace(
        decoder_attention="scse",
        size=1024,
        stages=stages,
        restarts=True,
        batch=4,
        accumulate=4,
        holdout=0.1,
        check_every=2,
        top_k=3,
        elastic=0.0,
        mask_size=512,
        predict_batch=8,
    )
    return replace(base, config=config)


@about(gpu=True)
def unetpp_effnet_b4_768() -> Networks:
    """U-Net++ on EfficientNet-B4 at 768 px, with deep supervision and a symmetric Lovász loss.

    Made for a GPU and not measured on one; its code is tested in miniature on the CPU.

    Command: ``tools cv unetpp_effnet_b4_768``
    """
    base = unet_resnet34_512()
    config = base.config.replace(
        encoder="efficientnet_b4",
        decoder="unetpp",
        decoder_channels=(128, 64, 32, 16),
        deep_supervision=0.3,
        size=768,
        stages=(Stage(30, 512, batch=8), Stage(20, 768, rate=0.5)),
        batch=4,
        accumulate=4,
        schedule="onecycle",
        warmup=0.2,
        lovasz=0.5,
        symmetric=True,
        crop=0.0,
        elastic=0.0,
        grid=0.2,
        mask_size=512,
        predict_batch=8,
    )
    return replace(base, config=config)


@about(gpu=True)
def segformer_pvt_512() -> Networks:
    """A transformer: PVT v2-B1 with SegFormer's decoder at 512 px.

    Made for a GPU and not measured on one; its code is tested in miniature on the CPU.

    Command: ``tools cv segformer_pvt_512``
    """
    base = unet_resnet34_512()
    config = base.config.replace(
        encoder="pvt_v2_b1",
        decoder="segformer",
        decoder_channels=(256,),
        epochs=50,
        lr=6e-4,
        encoder_lr=1e-4,
        warmup=0.1,
        elastic=0.0,
    )
    return replace(base, config=config)
