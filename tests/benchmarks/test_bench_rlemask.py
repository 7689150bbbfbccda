"""Speed of the run-length codec compared with pycocotools and numpy, on real annotations.

    SIIM_DATA=FOLDER pytest tests/benchmarks/test_bench_rlemask.py -m benchmark_suite

Tests of a ratio alternate between both libraries item by item, with the item in the processor's
cache, and compare the sums of the shortest times, which depend least on the load of the machine.
The benchmark groups process all items in sequence, with masks read from main memory.
"""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pycocotools import mask as coco

import rlemask

pytestmark = [
    pytest.mark.benchmark_suite,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SHAPE = (1024, 1024)
MASKS = 60
ROUNDS = 7
IMAGES = 1372  # rows of the competition's first submission file


def numpy_decode(text: str) -> np.ndarray:
    """Decode by the usual loop with one slice per run."""
    flat = np.zeros(SHAPE[0] * SHAPE[1], np.uint8)
    numbers = np.array(text.split(), dtype=int)
    starts = np.cumsum(numbers)[::2]
    for start, length in zip(starts, numbers[1::2], strict=True):
        flat[start : start + length] = 1
    return flat.reshape(SHAPE[::-1]).T


def numpy_encode(mask: np.ndarray) -> str:
    flat = np.concatenate(([0], mask.T.reshape(-1), [0]))
    bounds = np.flatnonzero(flat[1:] != flat[:-1])
    return " ".join(map(str, np.diff(bounds, prepend=0)))


def numpy_dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def coco_encode(mask: np.ndarray) -> dict:
    return coco.encode(np.asfortranarray(mask))


def coco_decode(plain: dict) -> np.ndarray:
    return coco.decode(coco.frPyObjects(plain, *SHAPE))


def decoded_dice(decode: Callable[[str], np.ndarray], a: str, b: str) -> float:
    return numpy_dice(decode(a), decode(b))


@pytest.fixture(scope="module")
def column() -> list[str]:
    """Annotation rows of the stage-1 training images."""
    if "SIIM_DATA" not in os.environ:
        pytest.skip("set SIIM_DATA to the folder of the real data")
    with gzip.open(Path(os.environ["SIIM_DATA"]) / "stage-1-train-rle.csv.gz") as file:
        return pd.read_csv(file, dtype=str).iloc[:, 1].str.strip().tolist()


@pytest.fixture(scope="module")
def texts(column: list[str]) -> list[str]:
    return [text for text in column if text != "-1"][:MASKS]


@pytest.fixture(scope="module")
def masks(texts: list[str]) -> list[np.ndarray]:
    """C-ordered masks, as predicted by models."""
    return [np.ascontiguousarray(rlemask.decode(text)) for text in texts]


@pytest.fixture(scope="module")
def plain(masks: list[np.ndarray]) -> list[dict]:
    """Masks in COCO's uncompressed format."""
    return [
        {"counts": json.loads(rlemask.encode(mask, "coco")), "size": list(SHAPE)} for mask in masks
    ]


@pytest.fixture(scope="module")
def packed(masks: list[np.ndarray]) -> list[dict]:
    return [coco_encode(mask) for mask in masks]


def each(work: Callable, items: Sequence) -> None:
    for item in items:
        work(item)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ratio(first: Sequence[Callable[[], object]], second: Sequence[Callable[[], object]]) -> float:
    """Return the ratio of the summed shortest times of `first` and `second`, one call per item."""
    best = np.full((2, len(first)), np.inf)
    for item, pair in enumerate(zip(first, second, strict=True)):
        for _ in range(ROUNDS):
            best[:, item] = np.minimum(best[:, item], [seconds(call) for call in pair])
    return float(best[0].sum() / best[1].sum())


def calls(work: Callable, items: Sequence) -> list[Callable[[], object]]:
    return [partial(work, item) for item in items]


ENCODERS = {"rlemask": rlemask.encode, "pycocotools": coco_encode, "numpy": numpy_encode}


@pytest.mark.benchmark(group="encode C-ordered masks")
@pytest.mark.parametrize("codec", ENCODERS)
def test_encode(benchmark: Callable, masks: list[np.ndarray], codec: str) -> None:
    benchmark.pedantic(each, (ENCODERS[codec], masks), rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.benchmark(group="encode Fortran-ordered masks")
@pytest.mark.parametrize("codec", ENCODERS)
def test_encode_fortran(benchmark: Callable, masks: list[np.ndarray], codec: str) -> None:
    ordered = [np.asfortranarray(mask) for mask in masks]
    benchmark.pedantic(each, (ENCODERS[codec], ordered), rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.benchmark(group="decode")
@pytest.mark.parametrize("codec", ["rlemask", "pycocotools", "pycocotools from counts", "numpy"])
def test_decode(
    benchmark: Callable, texts: list[str], packed: list[dict], plain: list[dict], codec: str
) -> None:
    work = {
        "rlemask": (rlemask.decode, texts),
        "pycocotools": (coco.decode, packed),
        "pycocotools from counts": (coco_decode, plain),
        "numpy": (numpy_decode, texts),
    }[codec]
    benchmark.pedantic(each, work, rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.benchmark(group="Dice of two texts")
@pytest.mark.parametrize("codec", ["rlemask", "rlemask decoded", "numpy decoded"])
def test_dice(benchmark: Callable, texts: list[str], codec: str) -> None:
    work: Callable[[str], float] = {
        "rlemask": partial(rlemask.dice, texts[0]),
        "rlemask decoded": partial(decoded_dice, rlemask.decode, texts[0]),
        "numpy decoded": partial(decoded_dice, numpy_decode, texts[0]),
    }[codec]
    benchmark.pedantic(each, (work, texts), rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.benchmark(group="whole columns")
def test_dice_column(benchmark: Callable, column: list[str]) -> None:
    """Score 1,372 positive rows of a submission in less than 0.25 s."""
    positive = [text for text in column if text != "-1"][:IMAGES]
    scores = benchmark.pedantic(
        rlemask.dice_column,
        (positive, positive[::-1], SHAPE, "siim"),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    assert len(scores) == IMAGES
    assert min(seconds(lambda: rlemask.dice_column(positive, positive[::-1], (1024, 1024), "siim"))
               for _ in range(3)) < 0.25  # fmt: skip


@pytest.mark.benchmark(group="whole columns")
def test_area_column(benchmark: Callable, column: list[str]) -> None:
    benchmark.pedantic(
        rlemask.area_column, (column, (1024, 1024), "siim"), rounds=ROUNDS, warmup_rounds=1
    )


@pytest.mark.benchmark(group="first call")
@pytest.mark.parametrize("cache", ["cold", "warm"])
def test_first_call(benchmark: Callable, tmp_path: Path, cache: str) -> None:
    """Import, decode, encode and dice in a new process; kernels compiled or from the cache."""
    code = "import rlemask; m = rlemask.decode('5 3'); rlemask.dice(rlemask.encode(m), '5 3')"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    run = partial(subprocess.run, [sys.executable, "-c", code], check=True, env=environment)
    if cache == "warm":
        run()
    benchmark.pedantic(run, rounds=1 if cache == "cold" else 3)


@pytest.mark.benchmark(group="first call")
def test_import(benchmark: Callable) -> None:
    command = [sys.executable, "-c", "import rlemask"]
    benchmark.pedantic(subprocess.run, (command,), {"check": True}, rounds=3)


@pytest.mark.parametrize("order", ["C", "F"])
def test_encode_takes_at_most_two_fifths(
    benchmark: Callable, masks: list[np.ndarray], order: str
) -> None:
    ordered = [np.asarray(mask, order=order) for mask in masks]
    found = benchmark.pedantic(
        ratio, (calls(rlemask.encode, ordered), calls(coco_encode, ordered)), rounds=1
    )
    benchmark.extra_info["ratio"] = found
    assert found <= 0.4


@pytest.mark.parametrize("peer", ["packed", "counts"])
def test_decode_takes_at_most_15_percent(
    benchmark: Callable, texts: list[str], packed: list[dict], plain: list[dict], peer: str
) -> None:
    """Decode a text; pycocotools decodes compressed or uncompressed counts."""
    theirs = calls(coco.decode, packed) if peer == "packed" else calls(coco_decode, plain)
    found = benchmark.pedantic(ratio, (calls(rlemask.decode, texts), theirs), rounds=1)
    benchmark.extra_info["ratio"] = found
    assert found <= 0.15


@pytest.mark.parametrize(("peer", "limit"), [("numpy", 0.05), ("rlemask", 0.1)])
def test_dice_takes_a_small_part_of_decoding(
    benchmark: Callable, texts: list[str], peer: str, limit: float
) -> None:
    """Compare with decoding both texts and counting by `np.count_nonzero`.

    The limit for the decoder of rlemask is higher, because it is faster than that of numpy.
    """
    decode = {"numpy": numpy_decode, "rlemask": rlemask.decode}[peer]
    ours = calls(partial(rlemask.dice, texts[0]), texts)
    decoded = calls(partial(decoded_dice, decode, texts[0]), texts)
    found = benchmark.pedantic(ratio, (ours, decoded), rounds=1)
    benchmark.extra_info["ratio"] = found
    assert found <= limit


def test_the_peers_give_the_same(
    texts: list[str], masks: list[np.ndarray], plain: list[dict]
) -> None:
    for text, mask, counts in zip(texts, masks, plain, strict=True):
        assert numpy_encode(mask) == text
        np.testing.assert_array_equal(numpy_decode(text), mask)
        np.testing.assert_array_equal(coco_decode(counts), mask)
