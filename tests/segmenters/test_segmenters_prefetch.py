"""Batches come in order, whoever makes them, and no thread outlives its loader."""

import itertools
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segmenters import Augmentation, Runtime
from segmenters._device import torch_session
from segmenters.augmentation.augment import augment
from segmenters.data.prefetch import BatchStream, Loader

THREADS = [0, 1, 3]


def alive() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("loader")]


@settings(max_examples=30, deadline=None)
@given(threads=st.integers(0, 4), prefetch=st.integers(0, 9), start=st.integers(0, 20),
       count=st.integers(0, 20))  # fmt: skip
def test_batches_come_in_order_from_any_start(threads, prefetch, start, count):
    steps = range(start, start + count)

    def make(step: int) -> int:
        time.sleep(0.001 * (step % 3))
        return 10 * step

    with Loader(make, steps, threads=threads, prefetch=prefetch) as loader:
        assert list(loader) == [10 * step for step in steps]
    assert not alive()


def test_batches_do_not_depend_on_the_threads():
    pixels = torch.randint(0, 256, (4, 64, 64), dtype=torch.uint8)
    config = Augmentation(elastic=0.05, crop=0.2, grid=0.3)

    def make(step: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(step)
        return augment(pixels, pixels, config, size=64, generator=generator)[0]

    made = []
    for threads in THREADS:
        with Loader(make, range(8), threads=threads) as loader:
            made.append(torch.stack(list(loader)))
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


def test_without_threads_a_batch_is_made_when_it_is_asked_for():
    made: list[tuple[int, str]] = []
    here = threading.current_thread().name
    with Loader(lambda step: made.append((step, threading.current_thread().name)), range(3),
                threads=0) as loader:  # fmt: skip
        batches = iter(loader)
        assert not made
        next(batches)
        assert made == [(0, here)]


def test_threads_make_no_more_than_was_asked_for_ahead():
    asked = itertools.count()
    with Loader(lambda step: step, asked, threads=2, prefetch=4) as loader:
        assert list(itertools.islice(loader, 10)) == list(range(10))
    assert next(asked) == 9 + 4


def test_threads_work_at_the_same_time():
    together = threading.Barrier(3, timeout=10)
    with Loader(lambda _step: together.wait(), range(3), threads=3) as loader:
        assert sorted(loader) == [0, 1, 2]


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_is_raised_at_its_step(threads):
    def make(step: int) -> int:
        if step == 3:
            raise OSError("step 3")
        return step

    with Loader(make, range(10), threads=threads) as loader:
        batches = iter(loader)
        assert [next(batches) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OSError, match="step 3"):
            next(batches)
    assert not alive()


@pytest.mark.parametrize("threads", THREADS)
def test_a_stray_stop_of_an_iterator_does_not_end_the_batches(threads):
    with (
        Loader(lambda _step: next(iter(())), range(3), threads=threads) as loader,
        pytest.raises(RuntimeError, match="StopIteration"),
    ):
        list(loader)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("threads", [1, 3])
def test_no_thread_is_left_when_the_consumer_stops(error, threads):
    made: list[int] = []

    def make(step: int) -> int:
        time.sleep(0.01)
        made.append(step)
        return step

    def consume() -> None:
        with Loader(make, itertools.count(), threads=threads, prefetch=500) as loader:
            for batch in loader:
                assert alive()
                if batch == 2:
                    raise error

    with pytest.raises(error):
        consume()
    assert not alive()
    assert len(made) < 500


class Clock:
    """Takes the place of the module `time`; moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.read = threading.Event()

    def perf_counter(self) -> float:
        self.read.set()
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr("segmenters.data.prefetch.time", stopped)
    return stopped


@pytest.mark.parametrize("threads", [0, 1])
def test_the_time_that_the_consumer_waits_is_counted(clock, threads):
    def make(step: int) -> int:
        assert clock.read.wait(10)  # until the consumer waits
        clock.now += 5
        clock.read.clear()
        return step

    with Loader(make, range(3), threads=threads, prefetch=1) as loader:
        assert loader.waited == 0
        assert list(loader) == [0, 1, 2]
    assert loader.waited == 15


def test_what_is_ready_is_not_waited_for(clock):
    made = threading.Semaphore(0)
    with Loader(lambda _step: made.release(), range(4), threads=1, prefetch=4) as loader:
        batches = iter(loader)
        next(batches)
        assert all(made.acquire(timeout=10) for _ in range(4))
        clock.now += 100
        list(batches)
    assert loader.waited == 0


def test_nothing_global_changes():
    with torch_session(Runtime(threads=1)):
        states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
        x = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
        with Loader(lambda _step: (x @ x, torch.get_num_threads()), range(4), threads=2) as loader:
            assert {threads for _, threads in loader} == {1}
        assert torch.get_num_threads() == 1
        assert torch.equal(torch.get_rng_state(), states[0])
        assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


# on a stream of the GPU

PAIR = torch.arange(4.0), torch.ones(4)


def test_on_a_cpu_a_batch_is_just_made():
    stream = BatchStream(torch.device("cpu"))
    made = stream.make(lambda: PAIR)
    assert made.done is None
    assert all(found is given for found, given in zip(stream.hand_over(made), PAIR, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_batch_of_a_gpu_is_complete_when_it_is_handed_over():
    device = torch.device("cuda")
    stream = BatchStream(device)
    large = torch.ones(4096, 4096)

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        there = large.to(device)
        return there @ there, there

    product, _ = stream.hand_over(stream.make(batch))
    assert (product == 4096).all()
