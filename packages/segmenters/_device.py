"""Which processor computes, with which numbers, how many threads and what memory."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import torch
from accelerate import Accelerator, PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import InitProcessGroupKwargs

from segmenters.config.groups import Runtime

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Names of mallopt's parameters, from glibc's malloc.h."""

DEFAULTS = {TRIM_THRESHOLD: 128 * 1024, TOP_PAD: 128 * 1024, MMAP_MAX: 65536}
KEEPING = {TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 * 2**20, MMAP_MAX: 0}

AUTO_ON_CPU = "SEGMENTER_AUTO_AMP"
"""Environment variable that makes "auto" on a CPU "bf16", so that tests can try it anywhere."""


def make_accelerator(config: Runtime) -> Accelerator:
    """Return the accelerator for `config.device`; it takes the place of an earlier one.

    accelerate keeps one state for the whole process. Asked for the CPU after a GPU it raises,
    asked for a GPU after the CPU it silently stays there; so the state is dropped when the
    device changes. Mixed precision is left to `autocast`, as it is part of that state.
    """
    cpu = config.device == "cpu"
    if PartialState._shared_state.get("_cpu", cpu) != cpu:
        AcceleratorState._reset_state(reset_partial_state=True)
    waiting = InitProcessGroupKwargs(timeout=timedelta(days=7))  # for what is to be trained next
    return Accelerator(cpu=cpu, kwargs_handlers=[waiting])


def inference_device(config: Runtime) -> torch.device:
    """Return where the networks infer; leaves the state of accelerate alone."""
    gpu = config.device == "auto" and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")


def autocast(device: torch.device, config: Runtime) -> AbstractContextManager:
    """Return the context in which the network computes.

    "auto" is float32 on a CPU, whatever units it has: NOTES.md of the competition has the figures
    of three processors. On a CUDA GPU it is float16: cuDNN has no batch norm in bfloat16, so that
    a step of a ResNet-34 U-Net at 512 px took 33 instead of 27 ms on an H100 (NOTES.md), and GPUs
    before Ampere only emulate bfloat16.
    """
    kind = half_precision(device, config)
    return torch.autocast(device.type, kind or torch.bfloat16, enabled=kind is not None)


def half_precision(device: torch.device, config: Runtime) -> torch.dtype | None:
    """Return what autocast computes in on `device`, None for float32."""
    kinds = {"fp16": torch.float16, "bf16": torch.bfloat16, "none": None}
    return _auto(device) if config.amp == "auto" else kinds[config.amp]


def memory_layout(config: Runtime) -> torch.memory_format:
    """Return how the feature maps of `config` lie in memory."""
    return torch.channels_last if config.channels_last else torch.contiguous_format


@contextmanager
def torch_session(config: Runtime) -> Iterator[None]:
    """Set threads and memory for torch, and leave them and the random state as they were."""
    before = torch.get_num_threads()
    if config.threads:
        torch.set_num_threads(config.threads)
    try:
        gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices=gpus), kept_memory():
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let the C library keep what is freed in one step for the next; give it back at the end.

    glibc maps every block above 32 MiB anew and unmaps it when it is freed, as feature maps of a
    batch are; the system then clears each page again, which costs about 15 % of a training step
    (NOTES.md). Other C libraries are left alone.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "gnu_get_libc_version"):
        yield
        return
    try:
        for name, value in KEEPING.items():
            library.mallopt(name, value)
        yield
    finally:
        for name, value in DEFAULTS.items():
            library.mallopt(name, value)
        library.malloc_trim(0)


def device_summary() -> str:
    """Return in one line what the networks will compute on."""
    device = make_accelerator(Runtime()).device
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory / 2**30
        name = f"{torch.cuda.get_device_name(device)}, {memory:.0f} GiB"
    else:
        name = f"no GPU, {torch.get_num_threads()} threads" if device.type == "cpu" else device.type
    meant = {torch.float16: "fp16", torch.bfloat16: "bf16", None: "none"}[_auto(device)]
    return f"{name}; amp=auto is {meant}"


def _auto(device: torch.device) -> torch.dtype | None:
    if device.type == "cpu":
        return torch.bfloat16 if os.environ.get(AUTO_ON_CPU) == "bf16" else None
    return torch.float16 if device.type == "cuda" else torch.bfloat16
