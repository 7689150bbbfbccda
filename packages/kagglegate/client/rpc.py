"""One remote procedure of the official client, called by its protocol name."""

import re
from collections.abc import Callable
from typing import Any

Use = Callable[[Any, Any], Any]


def rpc(method: str, **fields: Any) -> Use:
    """Return a call of `method` ("GetSubmission", …) whose request has these fields.

    It is for `Client.call`, which gives it the official `KaggleApi` and `KaggleClient`.
    """

    def use(_: Any, services: Any) -> Any:
        types, api = _service(method, services)
        request = getattr(types, f"Api{method}Request")()
        for name, value in fields.items():
            setattr(request, name, value)
        return getattr(api, re.sub(r"(?<!^)([A-Z])", r"_\1", method).lower())(request)

    return use


def _service(method: str, services: Any) -> tuple[Any, Any]:
    from kagglesdk.blobs.types import blob_api_service
    from kagglesdk.competitions.types import competition_api_service
    from kagglesdk.datasets.types import dataset_api_service
    from kagglesdk.kernels.types import kernels_api_service

    if "Blob" in method:
        return blob_api_service, services.blobs.blob_api_client
    if "Kernel" in method:
        return kernels_api_service, services.kernels.kernels_api_client
    if "Dataset" in method:
        return dataset_api_service, services.datasets.dataset_api_client
    return competition_api_service, services.competitions.competition_api_client
