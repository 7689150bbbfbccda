"""Data sets and notebooks of the stand-in; notebooks are stored and never run."""

import shutil
from collections.abc import Callable
from pathlib import Path

from kagglegate.standin.methods import COMPETITIONS, DATASETS, SIGNATURE, Body, Call
from kagglegate.standin.site import Refused


def start_blob_upload(call: Call) -> Body:
    """Return the token and URL for the upload of a data set file."""
    token = call.site.room_for(str(call.body.get("name", "")))
    return {"token": token, "createUrl": f"{call.base}/upload/{token}?{SIGNATURE}"}


def get_dataset_status(call: Call) -> Body:
    """Return the status of a data set, always READY."""
    name = f"{call.body.get('ownerSlug')}/{call.body.get('datasetSlug')}"
    if name not in call.site.datasets:
        raise Refused(403, "Permission 'datasets.get' was denied")
    return {"status": "READY"}


def create_dataset(call: Call) -> Body:
    """Create a data set from uploaded files."""
    body = call.body
    name = f"{body.get('ownerSlug')}/{body.get('slug')}"
    if body.get("ownerSlug") != call.username:
        return {"status": "error", "error": "You may only create data sets of your own"}
    if name in call.site.datasets:
        return {"status": "error", "error": "The requested slug is already in use"}
    call.site.datasets[name] = [_files(call, body)]
    return {"ref": name, "status": "ok", "url": f"https://www.kaggle.com/datasets/{name}"}


def create_dataset_version(call: Call) -> Body:
    """Create a version of a data set from uploaded files."""
    name = f"{call.body.get('ownerSlug')}/{call.body.get('datasetSlug')}"
    if name not in call.site.datasets:
        raise Refused(404)
    call.site.datasets[name].append(_files(call, call.body.get("body") or {}))
    return {"ref": name, "status": "ok", "url": f"https://www.kaggle.com/datasets/{name}"}


def save_kernel(call: Call) -> Body:
    """Store a version of a notebook; return its number and the unknown input sources."""
    site, body = call.site, call.body
    name = str(body.get("slug"))
    versions = site.kernels.setdefault(name, [])
    versions.append(body)
    known = {"dataset": set(site.datasets), "competition": {site.slug}}
    invalid = {
        f"invalid{kind.title()}Sources": sorted(
            set(body.get(f"{kind}DataSources") or ()) - known[kind]
        )
        for kind in known
    }
    url = f"https://www.kaggle.com/code/{name}"
    return {"ref": f"/code/{name}", "url": url, "versionNumber": len(versions), **invalid}


def get_kernel_session_status(call: Call) -> Body:
    """Return the status of a notebook."""
    _versions(call, str(call.body.get("userName")))
    failed = call.site.kernel_status == "ERROR"
    return {
        "status": call.site.kernel_status,
        "failureMessage": "the stand-in is configured to fail" if failed else "",
    }


def create_code_submission(call: Call) -> Body:
    """Submit the output of a notebook version."""
    site, body = call.site, call.body
    site.may_post(notebook=True)
    if site.kernel_output is None:
        raise Refused(400, "The stand-in has no notebook output to submit: set kernel_output")
    if not 1 <= int(body.get("kernelVersion") or 0) <= _versions(call, body.get("kernelOwner")):
        raise Refused(404, "Kernel version not found")
    token = site.room_for(str(body.get("fileName", "")))
    shutil.copyfile(site.kernel_output, site.folder / "uploads" / token)
    one = site.post(token, str(body.get("submissionDescription", "")), notebook=True)
    return {"message": f"Successfully submitted to {site.title}", "ref": one.ref}


def _versions(call: Call, owner: object) -> int:
    name = f"{owner}/{call.body.get('kernelSlug')}"
    if name not in call.site.kernels:
        raise Refused(403, "Permission 'kernels.get' was denied")
    return len(call.site.kernels[name])


def _files(call: Call, body: Body) -> list[str]:
    """Return the sorted names of the uploaded files of a request."""
    names = []
    for file in body.get("files") or ():
        upload = call.site.folder / "uploads" / Path(str(file.get("token"))).name
        if not upload.is_file():
            raise Refused(400, "An uploaded file was not found")
        names.append(upload.with_suffix(".name").read_text())
    return sorted(names)


KERNELS = "kernels.KernelsApiService"
KERNEL_METHODS: dict[tuple[str, str], Callable[[Call], Body]] = {
    ("blobs.BlobApiService", "StartBlobUpload"): start_blob_upload,
    (DATASETS, "GetDatasetStatus"): get_dataset_status,
    (DATASETS, "CreateDataset"): create_dataset,
    (DATASETS, "CreateDatasetVersion"): create_dataset_version,
    (KERNELS, "SaveKernel"): save_kernel,
    (KERNELS, "GetKernelSessionStatus"): get_kernel_session_status,
    (COMPETITIONS, "CreateCodeSubmission"): create_code_submission,
}
