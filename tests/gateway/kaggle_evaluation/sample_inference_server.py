"""The inference server of the gateway of samples."""

from kaggle_evaluation.core import templates
from kaggle_evaluation.sample_gateway import SampleGateway


class SampleInferenceServer(templates.InferenceServer):
    """Makes its own gateway where there is none."""

    def _get_gateway_for_test(self, data_paths: tuple[str, ...] | None) -> SampleGateway:
        return SampleGateway(data_paths)
