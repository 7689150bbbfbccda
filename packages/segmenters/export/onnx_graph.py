"""Export of networks to ONNX, with a comparison of the outputs with torch."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import jobs
from segmenters._errors import ExportError
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.inference.inference import top_mean
from segmenters.network.checkpoint import load_model
from segmenters.network.weights import grey_input

INPUT, OUTPUTS = "images", ("maps", "presence")

CLOSE = 1e-4
"""Largest accepted difference of probabilities between onnxruntime and torch."""

STAMP = "segmenters.kind"
"""Metadata key of an ONNX file's digest of configuration and presence mode."""

CHATTY = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")


class Graph(nn.Module):
    """The exported module: from grey images to probabilities, without test-time augmentation."""

    def __init__(self, network: nn.Module, how: str) -> None:
        """Wrap a network; `how` is the source of p(non-empty), see `Inference.presence`."""
        super().__init__()
        self.network, self.how = network, how

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return maps ``(n, size, size)`` and p(non-empty) ``(n,)`` for images in 0..1."""
        logits, image_logits = self.network(grey_input(images))[:2]
        maps, heads = logits.sigmoid(), image_logits.sigmoid()
        if self.how == "head":
            return maps, heads
        tops = top_mean(maps)
        return maps, tops if self.how == "map" else (heads + tops) / 2


def write_onnx(model: Path, path: Path, how: str) -> float:
    """Write the model in the folder `model` as ONNX; return the largest difference from torch.

    The graph's input is "images", float32 ``(n, size, size)`` in 0..1 with any n; its outputs are
    the probabilities "maps", float32 ``(n, size, size)``, and "presence", float32 ``(n,)``.
    Parameters keep their names in torch. If the folder of `path` has a graph of the same
    configuration, only its parameters are replaced, because an export by torch takes 15 s.

    Raises:
        WrongModel: the folder has no usable model.
        ExportError: torch cannot export the model, or onnxruntime returns other probabilities.
    """
    network, config = load_model(model)
    graph = Graph(network.to(memory_format=torch.contiguous_format), how).eval()
    kind = jobs.digest(config.as_dict(), how)
    alike = next((p for p in sorted(path.parent.glob("*.onnx")) if _kind(p) == kind), None)
    path.parent.mkdir(parents=True, exist_ok=True)
    if alike is None:
        _translate(graph, config, path)
    _fill(alike or path, path, graph, kind)
    difference = _difference(graph, config.network.size, path)
    if not difference <= CLOSE:
        raise ExportError(
            f"onnxruntime gives other probabilities than torch for {model} (up to "
            f"{difference:.1e}): leave --onnx out, or use another version of both"
        )
    return difference


def _translate(graph: Graph, config: SegmenterConfig, path: Path) -> None:
    random = torch.rand(
        2, config.network.size, config.network.size, generator=torch.Generator().manual_seed(0)
    )
    try:
        with _quiet():
            torch.onnx.export(
                graph,
                (random,),
                path,
                input_names=[INPUT],
                output_names=list(OUTPUTS),
                dynamic_shapes={INPUT: {0: torch.export.Dim("n")}},
                dynamo=True,
                external_data=False,
                optimize=False,  # would merge parameters; onnxruntime optimises when loading
                verbose=False,
            )
    except Exception as error:  # the exporter raises errors of many types
        raise ExportError(
            f"torch cannot write {config.network.encoder} with {config.network.decoder} as ONNX "
            f"({' '.join(str(error).split())[:200]}): leave --onnx out"
        ) from error


def _fill(source: Path, target: Path, graph: Graph, kind: str) -> None:
    """Write the graph in `source` to `target` with the parameters of `graph` and its digest."""
    import onnx

    model = onnx.load(source)
    own = graph.state_dict()
    for parameter in model.graph.initializer:
        if parameter.name in own:
            values = own[parameter.name].contiguous().numpy()
            parameter.CopyFrom(onnx.numpy_helper.from_array(values, parameter.name))
    onnx.helper.set_model_props(model, {STAMP: kind})
    onnx.save(model, target)


def _kind(path: Path) -> str:
    import onnx

    properties = onnx.load(path).metadata_props
    return next((entry.value for entry in properties if entry.key == STAMP), "")


def _difference(graph: Graph, size: int, path: Path) -> float:
    """Return the largest difference of the outputs for noise and for synthetic images."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    noise = rng.random((1, size, size), np.float32)
    largest = 0.0
    for images in (noise, np.stack([_picture(size, rng) for _ in range(3)])):
        found = session.run(list(OUTPUTS), {INPUT: images})
        with torch.inference_mode():
            wanted = graph(torch.from_numpy(images))
        pairs = zip(found, wanted, strict=True)
        largest = max(largest, *(float(np.abs(a - b.numpy()).max()) for a, b in pairs))
    return largest


def _picture(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return an image of two dark striped ellipses on bright ground, float32 ``(size, size)``.

    Values are in 0..1.
    """
    y, x = np.mgrid[0:size, 0:size] / size
    image = 0.7 - 0.3 * np.abs(x - 0.5) + rng.normal(0, 0.02, (size, size))
    for centre in (0.3, 0.7):
        inside = ((x - centre) / 0.16) ** 2 + ((y - 0.45) / 0.32) ** 2 < 1
        image[inside] *= 0.35 + 0.1 * np.sin(60 * y[inside] + 8 * x[inside])
    return np.clip(image, 0, 1).astype(np.float32)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's log messages and warnings; its errors are exceptions."""
    loggers = [logging.getLogger(name) for name in CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
