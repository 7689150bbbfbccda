"""Lung segmentation of chest radiographs by classical image processing."""
