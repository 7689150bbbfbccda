"""Competitions that ask for predictions batch by batch, through their own `kaggle_evaluation`.

That package comes with the files of the competition. Its gateway reads the hidden test images,
calls `predict` for each batch through an inference server, and writes the submission.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from notebooks._errors import BundleError

PACKAGE, MODULES, CLASSES = "kaggle_evaluation", "*_inference_server.py", "InferenceServer"
RERUN = "KAGGLE_IS_COMPETITION_RERUN"
"""The variable that is set where Kaggle scores a notebook."""


def answer_gateway(predict: Callable[..., Any], data: Path, paths: Sequence[str] = ()) -> None:
    """Answer the competition's gateway; return when it has all predictions.

    At Kaggle's own run the gateway is in another process. Elsewhere one is started here, with the
    public files.

    Args:
        predict: called with each batch, must return what the gateway asks for. The gateway knows
            it by its name, "predict".
        data: the competition's files, with the package `kaggle_evaluation`.
        paths: what the gateway started here reads, relative to `data`; by default `data` itself.

    Raises:
        BundleError: there is not exactly one inference server in `data`, or a path does not exist.
    """
    server = _server_class(data)(predict)
    if os.environ.get(RERUN):
        server.serve()
        return
    given = [data / path for path in paths] or [data]
    missing = [str(path) for path in given if not path.exists()]
    if missing:
        raise BundleError(f"the gateway cannot read {', '.join(missing)}: correct --gateway-path")
    server.run_local_gateway(tuple(map(str, given)))


def _server_class(data: Path) -> Any:
    """Return the only class of an inference server, imported from `data`."""
    found = sorted((data / PACKAGE).glob(MODULES))
    if len(found) != 1:
        raise BundleError(
            f"{data} has {len(found)} files {PACKAGE}/{MODULES}: attach a competition with an "
            "inference server, or build the bundle without --server"
        )
    sys.path.insert(0, str(data))
    module = importlib.import_module(f"{PACKAGE}.{found[0].stem}")
    classes = [
        value
        for name, value in vars(module).items()
        if name.endswith(CLASSES) and getattr(value, "__module__", "") == module.__name__
    ]
    if len(classes) != 1:
        raise BundleError(f"{found[0]} has {len(classes)} classes *{CLASSES} instead of one")
    return classes[0]
