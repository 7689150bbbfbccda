"""The base classes of a competition's inference server and gateway."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kaggle_evaluation.core import relay


class GatewayRuntimeError(Exception):
    """The answers of the notebook are wrong."""


class InferenceServer:
    """Serves functions of the notebook to a gateway."""

    def __init__(self, *endpoint_listeners: Callable[..., Any]) -> None:
        self.server = relay.define_server(endpoint_listeners)

    def serve(self) -> None:
        """Answer until the process is ended, where Kaggle scores the notebook."""
        self.server.start()
        if os.getenv("KAGGLE_IS_COMPETITION_RERUN") is not None:
            self.server.wait_for_termination()

    def run_local_gateway(self, data_paths: tuple[str, ...] | None = None) -> None:
        """Answer a gateway in this process."""
        self.server.start()
        try:
            self._get_gateway_for_test(data_paths).run()
        finally:
            self.server.stop(0)

    def _get_gateway_for_test(self, data_paths: tuple[str, ...] | None) -> "Gateway":
        raise NotImplementedError


class Gateway:
    """Asks the notebook batch by batch and writes the submission."""

    def __init__(self, data_paths: tuple[str, ...] | None = None) -> None:
        self.client = relay.Client()
        self.data_paths = data_paths

    def generate_data_batches(self) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
        """Yield arguments of `predict` and the ids of their rows."""
        raise NotImplementedError

    def run(self) -> None:
        """Write submission.csv to the current folder."""
        parts = []
        try:
            for batch, row_ids in self.generate_data_batches():
                part = self.client.send("predict", *batch)
                if list(part.iloc[:, 0]) != row_ids:
                    raise GatewayRuntimeError(f"{list(part.iloc[:, 0])} instead of {row_ids}")
                parts.append(part)
        finally:
            self.client.close()
        pd.concat(parts).to_csv(Path.cwd() / "submission.csv", index=False)
