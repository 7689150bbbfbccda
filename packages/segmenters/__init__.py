"""Segmentation networks of a timm encoder and a decoder, with resumable training on CPU or GPU.

The configuration and the errors need no library of networks; any other name imports torch when it
is first used.
"""

import lazy_loader

import jobs
from segmenters._errors import WrongBuilds

_import_name, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    """Return a public name.

    Raises:
        jobs.NotInstalled: it needs a library of the extra `networks`, which is missing.
        WrongBuilds: torch and torchvision do not fit together.
    """
    try:
        return _import_name(name)
    except ModuleNotFoundError:
        jobs.require("networks")
        raise
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        raise WrongBuilds(
            "torch and torchvision are of different builds, such as one with and one without "
            "CUDA: install both again from one index"
        ) from error
