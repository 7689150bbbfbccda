"""The experiments: LightGBM on a general family and the depth, and a tiny network."""

import imagefeatures
from classifiers import LightGBMConfig
from contest import Networks, Trees
from segmenters import Augmentation, Network, Runtime, SegmenterConfig, Training

FAMILIES = (imagefeatures.Grid(), imagefeatures.Facts("depth", {"z": ()}))
TABLE = imagefeatures.table_of(FAMILIES)


def blob_trees() -> Trees:
    """LightGBM on features and depth; takes seconds. Command: ``tools cv blob_trees``."""
    config = LightGBMConfig(
        rounds=30, inner_folds=2, models=1, min_data_in_leaf=2, feature_fraction=0.5
    )
    return Trees(config, 64, families=("grid", "depth"), table=TABLE)


def blob_net() -> Networks:
    """A U-Net with random weights; takes seconds. Command: ``tools cv blob_net``."""
    config = SegmenterConfig(
        network=Network(
            encoder="mobilenetv3_small_050",
            encoder_weights="none",
            decoder_channels=(32, 16, 16),
            size=64,
        ),
        training=Training(epochs=7, samples=32, batch=8, lr=8e-3, encoder_lr=8e-3),
        augmentation=Augmentation(noise=0.0),
        runtime=Runtime(threads=1),
    )
    return Networks(config, reader="imagestack:read_image", suffix=".png")
