"""Learning rate, sizes and the average of the weights."""

import math

import numpy as np
import pytest
import torch

from segmenters import SegmenterConfig, Stage
from segmenters.network.network import build_network
from segmenters.training.optimizer import make_optimizer, moving_average, set_updates
from segmenters.training.schedule import plan, rate_factor

POSITIVE = np.arange(20) % 4 == 0


def test_rate_rises_then_follows_half_a_cosine():
    factors = [rate_factor(step, 100, 0.1) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1
    assert factors[55] == pytest.approx(0.5)
    assert factors[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_one_cycle_rises_from_a_25th_and_falls_to_nothing():
    factors = [rate_factor(step, 100, 0.3, "onecycle") for step in range(100)]
    assert 1 / 25 < factors[0] < 0.05
    assert factors[29] == factors[30] == 1
    assert factors[:30] == sorted(factors[:30])
    assert factors[30:] == sorted(factors[30:], reverse=True)
    assert factors[-1] < 0.001


def test_sizes_take_equal_parts():
    config = SegmenterConfig().replace(epochs=7, train_sizes=(64, 128, 256), samples=4, batch=4)
    steps = plan(config, POSITIVE, seed=0)
    assert [step.size for step in steps] == [64, 64, 64, 128, 128, 256, 256]
    assert [step.epoch for step in steps] == list(range(7))


def test_stages_have_their_own_batch_rate_and_schedule():
    config = SegmenterConfig().replace(
        samples=16, batch=8, warmup=0.0, restarts=True,
        stages=(Stage(2, 64), Stage(1, 96, batch=4, rate=0.5)),
    )  # fmt: skip
    steps = plan(config, POSITIVE, seed=0)
    assert [len(step.members) for step in steps] == [8] * 4 + [4] * 4
    assert [step.stage for step in steps] == [0] * 4 + [1] * 4
    assert [step.number for step in steps] == [0, 1, 0, 1, 0, 1, 2, 3]
    assert (steps[0].rate, steps[4].rate) == (1.0, 0.5)
    assert steps[3].rate < steps[4].rate
    whole = plan(config.replace(restarts=False), POSITIVE, seed=0)
    assert whole[4].rate == pytest.approx(0.5 * rate_factor(4, 8, 0.0))


def test_gradients_are_shared_within_an_epoch_only():
    config = SegmenterConfig().replace(samples=20, batch=4, accumulate=3, epochs=2, size=64)
    steps = plan(config, POSITIVE, seed=0)
    assert [step.closes for step in steps] == [False, False, True, False, True] * 2
    assert [step.shared for step in steps] == [3, 3, 3, 2, 2] * 2


def test_every_process_gets_two_images_of_a_batch():
    config = SegmenterConfig().replace(samples=19, batch=8, epochs=1, size=64)
    assert [len(s.members) for s in plan(config, POSITIVE, seed=0)] == [8, 8, 3]
    assert [len(s.members) for s in plan(config, POSITIVE, seed=0, processes=2)] == [8, 8]


def test_encoder_rate_and_decay_groups(tiny):
    network = build_network(tiny, load_weights=True)
    optimizer = make_optimizer(network, tiny.training)
    group_of = {p: g for g in optimizer.param_groups for p in g["params"]}
    assert len(group_of) == len(list(network.parameters()))
    stem = group_of[network.encoder.model.conv_stem.weight]
    assert (stem["lr"], stem["weight_decay"]) == (
        tiny.training.encoder_lr,
        tiny.training.weight_decay,
    )
    bias = group_of[network.mask_head.bias]
    assert (bias["lr"], bias["weight_decay"]) == (tiny.training.lr, 0)


def test_average_by_hand():
    layer = torch.nn.BatchNorm1d(1)
    average = moving_average(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(3.0)
        layer.running_mean.fill_(2.0)
    layer.num_batches_tracked.fill_(7)
    average.update_parameters(layer)
    kept = average.module
    assert kept.weight.item() == pytest.approx(1 * 0.1 + 3 * 0.9)
    assert kept.running_mean.item() == pytest.approx(0 * 0.1 + 2 * 0.9)
    assert kept.num_batches_tracked.item() == 7
    before = kept.weight.item()
    set_updates(average, 10_000)
    average.update_parameters(layer)
    assert kept.weight.item() == pytest.approx(before * 0.9 + 3 * 0.1)


def test_the_average_is_that_of_the_formula_bit_for_bit():
    layer, rng = torch.nn.Linear(3, 3), torch.Generator().manual_seed(0)
    average, wanted = moving_average(layer, 0.7), layer.weight.detach().clone()
    for step in range(40):
        with torch.no_grad():
            layer.weight.normal_(generator=rng)
        average.update_parameters(layer)
        wanted.lerp_(layer.weight.detach(), 1 - min(0.7, (1 + step) / (10 + step)))
    assert torch.equal(average.module.weight, wanted)


def test_no_decay_keeps_the_last_weights():
    layer = torch.nn.Linear(2, 2)
    average = moving_average(layer, 0.0)
    set_updates(average, 3)
    with torch.no_grad():
        layer.weight.normal_()
    average.update_parameters(layer)
    assert torch.equal(average.module.weight, layer.weight)
