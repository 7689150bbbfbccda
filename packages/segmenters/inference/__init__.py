"""Prediction of probability maps, with test-time augmentation, tiles and fused layers."""
