"""Parts of a batch, side by side on the cores of a processor."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

PIXELS = 8 * 256**2
"""Of the images that a core works on at once; fewer read the weights too often, more fill memory.

Two threads needed 141, 111 and 87 ms of processor time an image with 2, 4 and 8 images of 256
pixels (U-Net on efficientnet_lite0 with mirror images, on a machine busy with other work).
"""

Item = TypeVar("Item")
Result = TypeVar("Result")


def parts_of(count: int, side: int, device: torch.device) -> list[slice]:
    """Return the parts in which `count` images of `side` are predicted; on a GPU it is one."""
    most = max(1, PIXELS // side**2) if device.type == "cpu" else max(1, count)
    share = -(-count // torch.get_num_threads()) if device.type == "cpu" else most
    step = max(1, min(most, share))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return ``work(item)`` for all items, as many at a time as torch has threads.

    The threads are shared out: with as many items as threads each is computed by one, which needs
    no waiting for others within a layer. Torch's number of threads is afterwards as before.
    """
    threads = torch.get_num_threads()
    workers = min(threads, len(items))
    if workers < 2:
        return [work(item) for item in items]
    try:
        with ThreadPoolExecutor(workers, "predict", _few, (threads // workers,)) as pool:
            return list(pool.map(work, items))
    finally:
        torch.set_num_threads(threads)


def _few(threads: int) -> None:
    torch.set_num_threads(threads)  # of this thread, and of threads that start later
