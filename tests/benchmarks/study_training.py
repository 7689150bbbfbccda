"""Images per second of training and inference by layout, precision, frozen stages and size.

    python tests/benchmarks/study_training.py [--batch 16] [--steps 4] [SETTING …]

A SETTING is a comma-separated list of field=value of `SegmenterConfig`; by default those compared
for `unet_lite_256`. The figure is that of the fastest step on random pixels after a warm-up step,
which depends least on the load of the machine.
"""

import argparse
import time
from collections.abc import Callable

import torch

import segmenters
from contest import Networks
from contest.experiments.settings import with_settings
from segmenters._device import autocast, inference_device
from segmenters.network.network import build_network
from segmenters.training.losses import total_loss

SETTINGS = (
    "amp=none,channels_last=false",
    "amp=none",
    "amp=bf16",
    "amp=none,frozen_stages=2",
    "amp=none,frozen_stages=2,size=192",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("settings", nargs="*", default=SETTINGS)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    print("setting\ttraining images/s\tinference images/s")
    for setting in options.settings:
        train, infer = speeds(configured(setting), options.batch, options.steps)
        print(f"{setting}\t{train:.1f}\t{infer:.1f}", flush=True)


def configured(setting: str) -> segmenters.SegmenterConfig:
    """Return the default configuration without pretrained weights, with the fields of `setting`."""
    plain = Networks(segmenters.SegmenterConfig().replace(encoder_weights="none"))
    config = with_settings(plain, setting.split(",")).config
    assert isinstance(config, segmenters.SegmenterConfig)
    return config


def speeds(config: segmenters.SegmenterConfig, batch: int, steps: int) -> tuple[float, float]:
    """Return images per second of a training step and of a forward pass."""
    torch.manual_seed(0)
    device = inference_device(config.runtime)
    network = build_network(config, load_weights=False).to(device)
    layout = torch.channels_last if config.runtime.channels_last else torch.contiguous_format
    x = torch.randn(batch, 2, config.network.size, config.network.size, device=device)
    x = x.contiguous(memory_format=layout)
    masks = (
        torch.rand(batch, config.network.size, config.network.size, device=device) > 0.9
    ).float()
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], fused=True)

    def train() -> None:
        with autocast(device, config.runtime):
            prediction = network(x)
        total_loss(prediction, masks, config).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def infer() -> None:
        with torch.inference_mode(), autocast(device, config.runtime):
            network(x)

    network.train()
    trained = best(train, steps)
    network.eval()
    return batch / trained, batch / best(infer, steps)


def best(step: Callable[[], None], steps: int) -> float:
    """Return the shortest time of `steps` calls in seconds, after a warm-up call."""
    times = []
    for _ in range(steps + 1):
        began = time.perf_counter()
        step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return min(times[1:])


if __name__ == "__main__":
    main()
