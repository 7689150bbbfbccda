"""The experiments: every public function returns one."""

from collections.abc import Sequence

import pandas as pd

import imagefeatures
from classifiers import LightGBMConfig
from contest import Networks, Source, Trees
from segmenters import Augmentation, Inference, Network, SegmenterConfig, Training

SIDE = 101
FAMILIES = (
    imagefeatures.Grid(),
    imagefeatures.Radiomics(),
    imagefeatures.Facts("depth", {"z": ()}),
)


def _table(source: Source, side: int, families: Sequence[str]) -> pd.DataFrame:
    return imagefeatures.extract(
        source.stack(side),
        families=imagefeatures.select(FAMILIES, families),
        facts=source.facts,
        cache_dir=source.features,
        report=source.report,
    )


def lightgbm() -> Trees:
    """LightGBM on a grid of grey values and gradients, radiomics of the whole image, and depth."""
    return Trees(LightGBMConfig(), SIDE, families=("grid", "whole", "depth"), table=_table)


def unet_lite_128() -> Networks:
    """U-Net on efficientnet_lite0 with ImageNet weights at 128 px."""
    return Networks(
        SegmenterConfig(
            network=Network(encoder="efficientnet_lite0", size=128),
            training=Training(epochs=30, samples=0, positive_share=(0.6, 0.6)),
            augmentation=Augmentation(rotate=8.0, noise=0.0),
            inference=Inference(),
        ),
        reader="imagestack:read_image",
        suffix=".png",
    )
