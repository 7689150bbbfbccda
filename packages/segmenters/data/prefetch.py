"""Prefetching of batches by threads, on a separate CUDA stream."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

Batch = TypeVar("Batch")
Tensors = tuple[Tensor, Tensor]


class Loader(AbstractContextManager["Loader[Batch]"], Generic[Batch]):
    """Iterator over ``make(step)`` for `steps` in order, and context manager of its threads.

    With threads, several batches are made concurrently, so `make` must depend on its step only.
    Threads suffice because numpy, OpenCV and torch release the global interpreter lock while they
    compute. An exception in `make` is raised when its batch would be yielded.

    Attributes:
        waited: seconds the consumer has waited for batches so far.
    """

    def __init__(
        self,
        make: Callable[[int], Batch],
        steps: Iterable[int],
        *,
        threads: int,
        prefetch: int | None = None,
    ) -> None:
        """Create the loader; batches are made once iteration starts.

        Args:
            make: returns the batch of a step.
            steps: steps to iterate over.
            threads: number of threads; 0 makes each batch in the consumer's thread on demand.
            prefetch: largest number of batches ready or in progress; two per thread by default.
        """
        self.waited = 0.0
        self._make, self._steps = make, iter(steps)
        self._prefetch = max(1, 2 * threads if prefetch is None else prefetch)
        self._pool = ThreadPoolExecutor(threads, "loader") if threads else None

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Batch]:
        pool = self._pool
        if pool is None:
            for step in self._steps:
                yield self._timed(partial(self._make, step))
            return
        pending: deque[Future[Batch]] = deque()
        while True:
            for step in islice(self._steps, self._prefetch - len(pending)):
                pending.append(pool.submit(self._make, step))
            if not pending:
                return
            yield self._timed(pending.popleft().result)

    def close(self) -> None:
        """Stop the threads: wait for batches in progress and cancel all others."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, get: Callable[[], Batch]) -> Batch:
        began = time.perf_counter()
        try:
            return get()
        finally:
            self.waited += time.perf_counter() - began


class Prepared(NamedTuple):
    """A batch that may still be in progress on a CUDA stream.

    Attributes:
        tensors: network input and masks.
        done: event that marks their completion; None if they are complete.
    """

    tensors: Tensors
    done: torch.cuda.Event | None


class BatchStream:
    """Makes batches on a separate CUDA stream, or directly on a CPU.

    A copy from pageable memory waits for all earlier work on its stream. On the training's stream
    each of a batch's dozen small copies would wait for the current step.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def make(self, batch: Callable[[], Tensors]) -> Prepared:
        """Return the batch computed by `batch`; thread-safe."""
        if self._stream is None:
            return Prepared(batch(), None)
        with torch.cuda.stream(self._stream):
            return Prepared(batch(), self._stream.record_event())

    @staticmethod
    def hand_over(made: Prepared) -> Tensors:
        """Return the tensors of a batch, ready for use on the caller's stream."""
        if made.done is not None:
            here = torch.cuda.current_stream(made.tensors[0].device)
            here.wait_event(made.done)
            for tensor in made.tensors:
                tensor.record_stream(here)  # their memory is not reused before this stream is done
        return made.tensors
