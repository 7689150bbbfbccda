"""`tools doctor`: checks of the installation and the machine."""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dicomio
import imagestack
import jobs
import kagglegate
import segmenters
from tools.usecases.workplace import Workplace

PACKAGES = ("numpy", "pydicom", "simplejpeg", "lightgbm", "torch", "timm", "kaggle", "zarr")
LOW_DISK_GB = 5.0

Check = dict[str, Any]


def doctor(place: Workplace) -> dict[str, Any]:
    """Check versions, decoders, GPU, disk, engine, credentials and data.

    ``ok`` is false only if the program cannot work; missing data and credentials are warnings,
    as a new user has neither.
    """
    checks = [_versions(), _cores(), _disk(place), _decoders(), _gpu(), _engine(place)]
    checks += [_credentials(place), _data(place), _caches(place)]
    return {"ok": all(check["state"] != "fault" for check in checks), "checks": checks}


def _check(name: str, state: str, detail: str) -> Check:
    return {"check": name, "state": state, "detail": detail}


def _versions() -> Check:
    found = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return _check("versions", "ok", f"Python {platform.python_version()}, {', '.join(found)}")


def _cores() -> Check:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return _check("machine", "ok", f"{jobs.available_cores()} cores, {memory:.0f} GiB memory")


def _disk(place: Workplace) -> Check:
    place.paths.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place.paths.home).free / 2**30
    state = "ok" if free >= LOW_DISK_GB else "warning"
    return _check("disk", state, f"{free:.0f} GiB free for {place.paths.home}")


def _decoders() -> Check:
    missing = dicomio.missing_decoders()
    if missing:
        return _check("decoders", "fault", f"no decoder for {', '.join(missing)}: reinstall")
    return _check("decoders", "ok", "available for all image transfer syntaxes of pydicom")


def _gpu() -> Check:
    return _check("gpu", "ok", segmenters.device_summary())


def _engine(place: Workplace) -> Check:
    try:
        state = jobs.engine_state(reads=_data_folder(place), writes=[place.paths.home])
    except jobs.EngineError as error:
        return _check("engine", "fault", str(error))
    return _check("engine", "ok", state)


def _data_folder(place: Workplace) -> list[Path]:
    """Return the data folder, if there is one; a zip is unpacked into the home."""
    try:
        return [place.data] if place.data.is_dir() else []
    except jobs.UserError:
        return []  # reported by the check of the data


def _credentials(place: Workplace) -> Check:
    def describe() -> str:
        found = kagglegate.find_credentials()
        return "; ".join([f"{found.kind} in {found.source}", *found.warnings])

    return _described("kaggle credentials", describe)


def _data(place: Workplace) -> Check:
    def describe() -> str:
        data = place.dataset
        return f"{place.data}: {len(data.train)} training and {len(data.test)} test images"

    return _described("data", describe)


def _caches(place: Workplace) -> Check:
    """Compare all cached images with their checksums; a damaged cache can be deleted."""

    def describe() -> str:
        caches = imagestack.finished_caches(place.paths.cache)
        for done, cache in enumerate(caches):
            place.report("pixel caches", done, len(caches), {})
            cache.verify()
        place.report("pixel caches", len(caches), len(caches), {})
        return f"{sum(map(len, caches))} images in {len(caches)} caches, no damage"

    return _described("pixel caches", describe)


def _described(name: str, describe: Callable[[], str]) -> Check:
    """Return a check with the text of `describe`; a `UserError` is a warning, not a fault."""
    try:
        return _check(name, "ok", describe())
    except jobs.UserError as error:
        return _check(name, "warning", str(error))
