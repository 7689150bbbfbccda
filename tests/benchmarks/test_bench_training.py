"""Speed of training against a loop as most notebooks write it: same model, batch and machine.

    SIIM_DATA=FOLDER pytest tests/benchmarks/test_bench_training.py -m benchmark_suite -s

U-Net on efficientnet_lite0 at 256 px with random weights, batch 16, on 64 radiographs of SIIM_DATA
(random pictures where that is not set). The plain loop reads PNG files through a Dataset and a
DataLoader and changes them by cv2. Both work in turn, and the best of the rounds counts.
"""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import dicomio
import jobs
import rlemask
from segmenters import Segmenter, SegmenterConfig
from tests.benchmarks._plain_loop import training_speed

pytestmark = [
    pytest.mark.benchmark_suite,
    pytest.mark.skipif(torch.cuda.is_available(), reason="the plain loop is one for processors"),
]
SIDE, IMAGES, STEPS, ROUNDS = 256, 64, 8, 3
LEAST = {0: 1.5, 2: 1.8}
"""Ratio by frozen stages; the aim is 1.8, which training all weights reaches only nearly."""
