"""Bundles for notebook competitions: a data set and a notebook that predicts offline.

    DIR/dataset/    content of a private data set: bundle.json, wheels.txt, code/ with the packages
                    of this project, home/ with the blend and the models of its runs
    DIR/kernel/     submission.ipynb, which writes the submission, or answers a gateway that does
    DIR/pushed.json data set and notebook at Kaggle, after the upload

`write_bundle` writes a bundle and `open_bundle` reads it; `kagglegate` uploads and submits it.
`answer_gateway` runs the inference server of a competition whose gateway asks for predictions.
"""

from notebooks._bundle import Bundle, BundleInfo, Member, PushRecord, open_bundle, write_bundle
from notebooks._errors import BundleError
from notebooks._server import answer_gateway
from notebooks._sources import other_libraries

__all__ = [
    "Bundle",
    "BundleError",
    "BundleInfo",
    "Member",
    "PushRecord",
    "answer_gateway",
    "open_bundle",
    "other_libraries",
    "write_bundle",
]
