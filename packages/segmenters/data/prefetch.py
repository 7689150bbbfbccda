"""Batches that are prepared ahead of their use, by threads and on a stream of the GPU."""

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
    """Yields ``make(step)`` for each of `steps`, in their order; to be used in a `with`.

    With threads several batches are made at a time, so `make` must depend on its step alone.
    They are threads and no processes because numpy, OpenCV and torch release the interpreter
    while they compute. What `make` raises is raised where its batch would be yielded.

    Attributes:
        waited: seconds that the consumer has waited for batches so far.
    """

    def __init__(
        self,
        make: Callable[[int], Batch],
        steps: Iterable[int],
        *,
        threads: int,
        prefetch: int | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            make: returns the batch of a step.
            steps: which batches are wanted.
            threads: that make batches; 0 makes each in the consumer's thread when it is asked for.
            prefetch: most batches that are ready or being made; by default two for each thread.
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
        """End the threads: wait for the batches they are at, and drop all others."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, get: Callable[[], Batch]) -> Batch:
        began = time.perf_counter()
        try:
            return get()
        finally:
            self.waited += time.perf_counter() - began


class Prepared(NamedTuple):
    """A batch that may still be on its way.

    Attributes:
        tensors: network input and masks.
        done: when they are there; None where that is now.
    """

    tensors: Tensors
    done: torch.cuda.Event | None


class BatchStream:
    """Makes batches on a CUDA stream of its own; on a CPU it just makes them.

    A copy from ordinary memory waits for all that its stream has still to do. On the stream of
    the training that is the step in hand, once for each of a dozen small copies of a batch.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def make(self, batch: Callable[[], Tensors]) -> Prepared:
        """Return what `batch` returns; for any thread."""
        if self._stream is None:
            return Prepared(batch(), None)
        with torch.cuda.stream(self._stream):
            return Prepared(batch(), self._stream.record_event())

    @staticmethod
    def hand_over(made: Prepared) -> Tensors:
        """Return the tensors of a batch for use on the caller's stream."""
        if made.done is not None:
            here = torch.cuda.current_stream(made.tensors[0].device)
            here.wait_event(made.done)
            for tensor in made.tensors:
                tensor.record_stream(here)  # their memory is not given away before it is through
        return made.tensors
