"""Speed, memory and utilisation of a GPU: the package against a plain float32 loop.

    python -m tests.benchmarks.study_gpu EXPERIMENT [SETTING …] [--steps 150] [--rounds 2]

TOOLS_DATA is the data folder, TOOLS_HOME the home folder; SETTING is field=value. Network, batch,
loss, optimiser and images are the same; the plain loop reads PNG files of the same size through a
DataLoader with eight workers (four are as fast). Runs of both alternate. Convolutions of the plain
loop use TF32, the default of torch. Utilisation is the share of time in which any kernel runs, by
NVML (package nvidia-ml-py).
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch

import jobs
import segmenters
from segmenters._device import torch_session
from segmenters.data.training_set import mask_coverage
from segmenters.inference.inference import Ensemble, in_batches, stored
from segmenters.network.network import build_network
from tests.benchmarks._plain_loop import inference_speed, training_speed
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace

WARM = 20
"""Number of warm-up steps, not measured."""
IMAGES = 320
WORKERS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None))
    experiment = source.load_experiment(place, options.experiment, options.settings)
    learner = experiment.learner(source.Source(place))
    assert isinstance(learner, segmenters.Segmenter)
    ids = learner.images.ids[:IMAGES]
    print(f"{torch.cuda.get_device_name()}, {os.cpu_count()} cores, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as place_of_pictures:
        pictures = Path(place_of_pictures)
        draw(learner, ids, pictures)
        config = brief(learner.config, options.steps)
        compare_training(learner, ids, pictures, config, options)
        compare_inference(learner, ids, pictures / "model0", config, options.rounds)


def compare_training(
    learner: segmenters.Segmenter,
    ids: list[str],
    pictures: Path,
    config: segmenters.SegmenterConfig,
    options: argparse.Namespace,
) -> None:
    print("way\timages/s\tGiB\tGPU busy", flush=True)
    for number in range(options.rounds):
        model = pictures / f"model{number}"
        with watched("package, training") as found:
            found["images/s"] = our_speed(learner, ids, config, model, options.steps)
        share = jobs.read_json(model / "speed.json")["batch_share"]
        print(f"  share of time waiting for batches: {share:.1%}")
        with watched("plain loop, training") as found:
            found["images/s"] = training_speed(
                pictures, config, options.steps, WORKERS, "cuda", warm=WARM
            )


def compare_inference(
    learner: segmenters.Segmenter,
    ids: list[str],
    model: Path,
    config: segmenters.SegmenterConfig,
    rounds: int,
) -> None:
    images, batch = learner.images.take(ids), config.inference.predict_batch
    ensemble = Ensemble([model], config, torch.device("cuda"))
    network = build_network(config, load_weights=False)
    for _ in range(rounds + 1):  # the first is a warm-up
        with watched("package, inference") as found:
            found["images/s"] = our_inference(ensemble, images, batch)
        with watched("plain loop, inference") as found:
            found["images/s"] = inference_speed(
                network, images, config.inference.predict_batch, "cuda"
            )


def brief(config: segmenters.SegmenterConfig, steps: int) -> segmenters.SegmenterConfig:
    """Return `config` with `steps` steps after the warm-up in one stage, without saving."""
    return config.replace(
        encoder_weights="none",
        stages=(),
        train_sizes=(),
        epochs=1,
        samples=(WARM + steps) * config.training.batch,
        checkpoint_seconds=1e6,
    )


def draw(learner: segmenters.Segmenter, ids: list[str], folder: Path) -> None:
    """Write the images and masks of the plain loop as PNG files."""
    size = learner.config.network.size
    for image_id, image in zip(ids, learner.images.take(ids), strict=True):
        mask = mask_coverage(learner.targets[image_id], size)
        cv2.imwrite(str(folder / f"{image_id}-image.png"), image)
        cv2.imwrite(str(folder / f"{image_id}-mask.png"), mask)


def our_speed(
    learner: segmenters.Segmenter,
    ids: list[str],
    config: segmenters.SegmenterConfig,
    folder: Path,
    steps: int,
) -> float:
    """Return images per second over `steps` steps after the warm-up."""
    times: list[float] = []

    def report(_label: str, done: int, total: int, _figures: Mapping[str, float]) -> None:
        if done in (WARM, total):
            torch.cuda.synchronize()
            times.append(time.perf_counter())

    own = segmenters.Segmenter(
        config, learner.images, learner.targets, crop=learner.crop, metric=learner.metric
    )
    own.fit(ids, folder, seed=0, report=report)
    return steps * config.training.batch / (times[1] - times[0])


def our_inference(ensemble: Ensemble, images: np.ndarray, batch: int) -> float:
    """Return images per second with horizontal-flip TTA, as in the plain loop."""
    began = time.perf_counter()
    with torch_session(ensemble.config.runtime):
        for _, seen in in_batches(ensemble, images.__getitem__, len(images), batch):
            stored(seen.maps, ensemble.config.network.size)
    return len(images) / (time.perf_counter() - began)


@contextmanager
def watched(way: str) -> Iterator[dict[str, float]]:
    """Print images per second, set in the yielded dictionary, GPU memory and utilisation."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    busy: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            busy.append(torch.cuda.utilization())

    watcher = threading.Thread(target=watch)
    watcher.start()
    found: dict[str, float] = {}
    try:
        yield found
    finally:
        over.set()
        watcher.join()
    memory = torch.cuda.max_memory_allocated() / 2**30
    # without the first half, which includes the warm-up
    percent = np.mean(busy[len(busy) // 2 :] or [np.nan])
    print(f"{way}\t{found['images/s']:.0f}\t{memory:.2f}\t{percent:.0f} %", flush=True)


if __name__ == "__main__":
    main()
