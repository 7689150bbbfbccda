"""Weights that become NaN: noticed before they replace a good checkpoint, with the cause."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from segmenters import Diverged, Segmenter, SegmenterError, WrongModel
from segmenters.config.groups import Runtime
from segmenters.training.divergence import check_losses, check_weights, refuse_unsound
from segmenters.training.trainer import Trainer

CPU = torch.device("cpu")


@pytest.fixture
def broken_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that makes a weight NaN from this update on; losses stay as they are."""

    def breaks(updates: int) -> None:
        update, seen = Trainer._update, []

        def changed(self: Trainer) -> None:
            update_average = self.average.update_parameters

            def poisoned(network: Any) -> None:
                seen.append(1)
                if len(seen) >= updates:
                    with torch.no_grad():
                        network.mask_head.weight[0, 0, 0, 0] = math.nan
                update_average(network)

            self.average.update_parameters = poisoned  # type: ignore[method-assign]
            try:
                update(self)
            finally:
                self.average.update_parameters = update_average  # type: ignore[method-assign]

        monkeypatch.setattr(Trainer, "_update", changed)

    return breaks


@pytest.mark.parametrize(
    ("choices", "remedy"),
    [
        ({}, "lower lr and encoder_lr"),
        ({"amp": "bf16"}, "set amp=none"),
    ],
)
def test_nan_of_the_first_steps_is_noticed_at_once(
    tiny, squares, tmp_path: Path, broken_after, choices: dict[str, Any], remedy: str
) -> None:
    broken_after(1)
    learner = Segmenter(tiny.replace(**choices), *squares)
    with pytest.raises(Diverged, match=f"after step 1, although the loss is finite: {remedy}"):
        learner.fit(squares[0].ids, tmp_path, seed=0)
    assert not (tmp_path / "state.safetensors").exists()


def test_nan_never_replaces_a_good_checkpoint(tiny, squares, tmp_path: Path, broken_after) -> None:
    config = tiny.replace(epochs=6, samples=8, batch=4, checkpoint_seconds=0)
    broken_after(5)
    learner = Segmenter(config, *squares)
    with pytest.raises(Diverged, match=r"2 of \d+ weights are NaN or infinite after step 5|loss"):
        learner.fit(squares[0].ids, tmp_path, seed=0)
    kept = load_file(tmp_path / "state.safetensors")
    floats = [value for value in kept.values() if value.is_floating_point()]
    assert floats
    assert all(bool(value.isfinite().all()) for value in floats)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_checkpoint_with_nan_is_not_resumed(tiny, squares, tmp_path: Path, broken_after) -> None:
    """As an earlier version may have left it."""
    broken_after(2)
    config = tiny.replace(epochs=6, samples=8, batch=4, checkpoint_seconds=0)
    learner = Segmenter(config, *squares)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segmenters.training.trainer.check_weights", lambda *_: None)
        patch.setattr("segmenters.training.trainer.check_losses", lambda *_: None)
        patch.setattr(Trainer, "_finish", lambda *_: pytest.fail("not that far"))
        with pytest.raises(pytest.fail.Exception):
            learner.fit(squares[0].ids, tmp_path, seed=0)
    with pytest.raises(WrongModel, match=r"state\.safetensors cannot be resumed .* delete /"):
        learner.fit(squares[0].ids, tmp_path, seed=0)


@pytest.mark.parametrize(
    ("amx", "choices", "refused"),
    [
        (True, {"compile": True, "amp": "bf16"}, True),
        (True, {"compile": True, "amp": "none"}, False),
        (True, {"compile": False, "amp": "bf16"}, False),
        (False, {"compile": True, "amp": "bf16"}, False),
    ],
)
def test_what_is_known_to_break_weights_is_refused(
    monkeypatch: pytest.MonkeyPatch, amx: bool, choices: dict[str, Any], refused: bool
) -> None:
    monkeypatch.setattr("segmenters.training.divergence._has_amx", lambda: amx)
    if not refused:
        refuse_unsound(Runtime(**choices), CPU)
        return
    with pytest.raises(SegmenterError, match=r"set compile=false, or amp=none"):
        refuse_unsound(Runtime(**choices), CPU)


def test_the_cause_is_named_by_the_settings() -> None:
    network = torch.nn.Linear(2, 2)
    check_weights([network], 1, Runtime())
    with torch.no_grad():
        network.bias[1] = math.inf
    for choices, remedy in (
        ({}, "lower lr"),
        ({"compile": True}, "set compile=false$"),
        ({"compile": True, "amp": "bf16"}, "set compile=false or amp=none"),
    ):
        with pytest.raises(Diverged, match=f"1 of 2 weights .* after step 9.*{remedy}"):
            check_weights([network], 9, Runtime(**choices))


def test_the_step_of_a_loss_is_counted_from_one() -> None:
    check_losses([1.0, 0.5], 1, 4)
    with pytest.raises(Diverged, match="became nan in step 4 of 4"):
        check_losses([1.0, math.nan], 3, 4)
