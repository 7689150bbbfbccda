"""Learning rate, sizes and the average of the weights."""

import math

import pytest
import torch

from segmenters import SegmenterConfig, build_network
from segmenters._average import WeightAverage
from segmenters._training import make_optimizer, rate_factor, size_of


def test_rate_rises_then_follows_half_a_cosine():
    factors = [rate_factor(step, 100, 0.1) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1
    assert factors[55] == pytest.approx(0.5)
    assert factors[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_sizes_take_equal_parts():
    config = SegmenterConfig(epochs=7, train_sizes=(64, 128, 256))
    assert [size_of(e, config) for e in range(7)] == [64, 64, 64, 128, 128, 256, 256]
    assert size_of(0, SegmenterConfig(size=96)) == 96


def test_encoder_rate_and_decay_groups(tiny):
    network = build_network(tiny, load_weights=True)
    optimizer = make_optimizer(network, tiny)
    group_of = {p: g for g in optimizer.param_groups for p in g["params"]}
    assert len(group_of) == len(list(network.parameters()))
    stem = group_of[network.encoder.model.conv_stem.weight]
    assert (stem["lr"], stem["weight_decay"]) == (tiny.encoder_lr, tiny.weight_decay)
    bias = group_of[network.mask_head.bias]
    assert (bias["lr"], bias["weight_decay"]) == (tiny.lr, 0)


def test_average_by_hand():
    layer = torch.nn.BatchNorm1d(1)
    average = WeightAverage(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(3.0)
    layer.num_batches_tracked.fill_(7)
    average.update(layer, 0)
    assert average.tensors["weight"].item() == pytest.approx(1 * 0.1 + 3 * 0.9)
    assert average.tensors["num_batches_tracked"].item() == 7
    before = average.tensors["weight"].item()
    average.update(layer, 10_000)
    assert average.tensors["weight"].item() == pytest.approx(before * 0.9 + 3 * 0.1)


def test_no_decay_keeps_the_last_weights():
    layer = torch.nn.Linear(2, 2)
    average = WeightAverage(layer, 0.0)
    with torch.no_grad():
        layer.weight.normal_()
    average.update(layer, 3)
    assert torch.equal(average.tensors["weight"], layer.weight)
