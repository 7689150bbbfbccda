"""The extras of the project: libraries that the base installation leaves out."""

import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Sequence

from jobs._errors import NotInstalled

PROJECT = "pneumothorax-lab"
"""Name of the distribution."""

EXTRAS = {
    "networks": (
        "torch", "torchvision", "timm", "segmentation_models_pytorch", "accelerate",
        "safetensors", "huggingface_hub",
    ),
    "dask": ("dask", "distributed"),
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
    "tensorboard": ("tensorboard",),
    "mlflow": ("mlflow",),
}  # fmt: skip
"""Import names of the libraries of each extra, as in pyproject.toml."""


def missing(extra: str) -> list[str]:
    """Return which libraries of an extra are not installed, without importing them."""
    return [name for name in EXTRAS[extra] if importlib.util.find_spec(name) is None]


def require(extra: str) -> None:
    """Check that the libraries of an extra are installed, without importing them.

    Raises:
        NotInstalled: a library is missing.
    """
    names = missing(extra)
    if names:
        others = f" and {len(names) - 1} more" if names[1:] else ""
        raise NotInstalled(
            f'the extra "{extra}" is not installed ({names[0]}{others} missing): '
            f"{install_command(extra)}",
            name=names[0],
        )


def versions(distributions: Sequence[str]) -> str:
    """Return the versions of Python and of those distributions that are installed."""
    found = [f"Python {platform.python_version()}"]
    for name in distributions:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def install_command(extra: str) -> str:
    """Return the command that adds an extra to this installation, editable or not."""
    # uv makes environments without pip
    with_pip = importlib.util.find_spec("pip") is not None
    install = "pip install" if with_pip else f'uv pip install --python "{sys.prefix}"'
    return f'{install} "{PROJECT}[{extra}]"'
