"""From images to probability maps: test-time augmentation, tiles, fused layers."""
