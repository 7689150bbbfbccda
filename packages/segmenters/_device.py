"""Device, precision, memory layout, threads and memory allocation."""

import ctypes
import functools
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import torch
from accelerate import Accelerator, PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import InitProcessGroupKwargs

import jobs
from segmenters.config.groups import Runtime

log = logging.getLogger(__name__)

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Names of mallopt's parameters, from glibc's malloc.h."""

DEFAULTS = {TRIM_THRESHOLD: 128 * 1024, TOP_PAD: 128 * 1024, MMAP_MAX: 65536}
KEEPING = {TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 * 2**20, MMAP_MAX: 0}

AUTO_ON_CPU = "SEGMENTER_AUTO_AMP"
"""Environment variable that makes amp="auto" mean "bf16" on a CPU, for tests."""


def make_accelerator(config: Runtime) -> Accelerator:
    """Return the accelerator for `config.device`; it replaces an earlier one.

    accelerate keeps one state per process: switching from GPU to CPU raises, and switching from
    CPU to GPU silently stays on the CPU. The state is therefore reset when the device changes.
    Mixed precision, which is part of that state, is left to `autocast`.
    """
    cpu = config.device == "cpu"
    if PartialState._shared_state.get("_cpu", cpu) != cpu:
        AcceleratorState._reset_state(reset_partial_state=True)
    waiting = InitProcessGroupKwargs(timeout=timedelta(days=7))  # workers wait for the next order
    return Accelerator(cpu=cpu, kwargs_handlers=[waiting])


def inference_device(config: Runtime) -> torch.device:
    """Return the device for inference, without touching accelerate's state."""
    gpu = config.device == "auto" and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")


def autocast(device: torch.device, config: Runtime) -> AbstractContextManager:
    """Return the autocast context of the network's forward pass.

    "auto" is float32 on a CPU (NOTES.md of the competition has timings on three CPUs) and float16
    on a CUDA GPU: cuDNN has no batch norm in bfloat16, so a step of a ResNet-34 U-Net at 512 px
    took 33 instead of 27 ms on an H100 (NOTES.md), and GPUs before Ampere only emulate bfloat16.
    """
    kind = half_precision(device, config)
    return torch.autocast(device.type, kind or torch.bfloat16, enabled=kind is not None)


def half_precision(device: torch.device, config: Runtime) -> torch.dtype | None:
    """Return the dtype of autocast on `device`, or None for float32."""
    kinds = {"fp16": torch.float16, "bf16": torch.bfloat16, "none": None}
    return _auto(device) if config.amp == "auto" else kinds[config.amp]


def memory_layout(config: Runtime) -> torch.memory_format:
    """Return the memory format of feature maps."""
    return torch.channels_last if config.channels_last else torch.contiguous_format


@contextmanager
def torch_session(config: Runtime) -> Iterator[None]:
    """Set torch's threads and memory allocation; restore them and the random state at exit."""
    before = torch.get_num_threads()
    if config.threads:
        torch.set_num_threads(_possible_threads(config.threads))
    try:
        gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices=gpus), kept_memory():
            yield
    finally:
        torch.set_num_threads(before)


@functools.cache
def _possible_threads(wanted: int) -> int:
    """Return `wanted`, or the number of cores if there are fewer; a log message says so.

    More threads than cores wait for each other: 999 on two cores do not finish one step. A run may
    be recorded with the threads of a larger computer, so they are not an error.
    """
    cores = jobs.available_cores()
    if wanted > cores:
        log.warning("threads=%d: this computer has %d cores, so %d are used", wanted, cores, cores)
    return min(wanted, cores)


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory in glibc's heap for reuse, and return it to the system at exit.

    By default glibc maps and unmaps every block above 32 MiB, such as the feature maps of a
    batch. The system then clears each page again, which takes about 15 % of a training step
    (NOTES.md). With other C libraries the context does nothing.
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
    """Return a line with the default device, its memory or threads, and its precision."""
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
