"""Which device computes, also after another one in the same process."""

import inspect
import subprocess
import sys

import pytest
import torch
from accelerate import PartialState
from accelerate.state import AcceleratorState

import jobs
from segmenters import Segmenter, _device, device_summary
from segmenters._device import (
    AUTO_ON_CPU,
    DEFAULTS,
    KEEPING,
    half_precision,
    inference_device,
    kept_memory,
    make_accelerator,
    torch_session,
)
from segmenters.config.groups import Runtime
from tests import processor


@pytest.fixture
def gpu(monkeypatch):
    """A device that accelerate prefers to the CPU: "meta" stands for a GPU."""
    fake = property(lambda _state: torch.device("meta"))
    AcceleratorState._reset_state(reset_partial_state=True)
    monkeypatch.setattr(PartialState, "default_device", fake)
    yield "meta"
    AcceleratorState._reset_state(reset_partial_state=True)


def test_experiments_on_different_devices_follow_each_other(gpu, tiny):
    auto = tiny.replace(device="auto")
    wanted = [(tiny, "cpu"), (auto, gpu), (auto, gpu), (tiny, "cpu"), (tiny, "cpu"), (auto, gpu)]
    found = [make_accelerator(config.runtime).device.type for config, _ in wanted]
    assert found == [device for _, device in wanted]


def test_the_same_device_keeps_the_state(gpu, tiny):
    state = PartialState._shared_state
    make_accelerator(tiny.runtime)
    before = dict(state)
    make_accelerator(tiny.runtime)
    assert state["device"] is before["device"]


@pytest.mark.parametrize(
    ("device", "there", "wanted"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cpu", False, "cpu")],
)
def test_inference_chooses_by_itself(tiny, monkeypatch, device, there, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    config = tiny.replace(device=device)
    assert inference_device(config.runtime) == torch.device(wanted)


@pytest.mark.parametrize(
    ("device", "forced", "wanted"),
    [
        ("cuda", None, torch.float16), ("cuda", "bf16", torch.float16),
        ("cpu", None, None), ("cpu", "none", None), ("cpu", "bf16", torch.bfloat16),
    ],
)  # fmt: skip
def test_precision_is_what_was_asked_for_and_float32_on_a_processor_unless_forced(
    tiny, monkeypatch, device, forced, wanted
):
    monkeypatch.delenv(AUTO_ON_CPU, raising=False)
    if forced:
        monkeypatch.setenv(AUTO_ON_CPU, forced)
    asked = {"auto": wanted, "none": None, "bf16": torch.bfloat16, "fp16": torch.float16}
    for amp, kind in asked.items():
        config = tiny.replace(amp=amp)
        assert half_precision(torch.device(device), config.runtime) == kind


@pytest.mark.parametrize("amx", [False, True])
def test_matrix_units_do_not_change_what_auto_means(tiny, monkeypatch, amx):
    monkeypatch.delenv(AUTO_ON_CPU, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    auto = tiny.replace(amp="auto")
    assert half_precision(torch.device("cpu"), auto.runtime) is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_summary().endswith("amp=auto is none")


def test_the_switch_of_the_tests_is_the_one_that_is_read():
    assert processor.AUTO == AUTO_ON_CPU


def test_prediction_on_the_cpu_after_a_training_on_a_gpu(tiny, squares, tmp_path, gpu):
    learner = Segmenter(tiny, *squares)
    learner.fit(squares[0].ids, tmp_path, seed=0)
    make_accelerator(tiny.replace(device="auto").runtime)
    assert learner.predict(["i1"], [tmp_path]).shape == (1,)
    assert PartialState().device.type == gpu


def test_summary_is_one_line(tiny):
    assert "amp=auto is" in device_summary()
    assert "\n" not in device_summary()


FAULTS = """
import ctypes, resource
import numpy as np
from collections.abc import Iterator
from contextlib import contextmanager

SOURCE

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones(2**23)  # 64 MiB, more than glibc keeps by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
without = faults()
with kept_memory():
    faults()
    within = faults()
assert within < without / 4, (within, without)
assert faults() > without / 2
"""


def test_freed_memory_is_kept_within_the_session_only():
    """In a process of its own: what others have left in the heap may be used again anyway."""
    source = inspect.getsource(kept_memory)  # without torch, in a moment
    script = FAULTS.replace("SOURCE", f"{DEFAULTS=}\n{KEEPING=}\n{source}")
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("wanted", [1, 999, 1024])
def test_more_threads_than_cores_are_capped_with_a_message(
    wanted: int, caplog: pytest.LogCaptureFixture
) -> None:
    before, cores = torch.get_num_threads(), jobs.available_cores()
    _device._possible_threads.cache_clear()
    with torch_session(Runtime(threads=wanted)):
        assert torch.get_num_threads() == min(wanted, cores)
    assert torch.get_num_threads() == before
    said = [f"threads={wanted}: this computer has {cores} cores, so {cores} are used"]
    assert caplog.messages == (said if wanted > cores else [])
