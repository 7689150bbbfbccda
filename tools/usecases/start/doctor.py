"""`tools doctor`: checks of the installation and the machine."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dicomio
import imagestack
import jobs
import kagglegate
import segmenters
from tools.usecases.context.workplace import Workplace

PACKAGES = ("numpy", "pydicom", "simplejpeg", "lightgbm", "torch", "timm", "kaggle", "zarr")
LOW_DISK_GB = 5.0


@dataclass(frozen=True)
class Check:
    """What was checked, its state, and details in words.

    The state is "ok", "optional" (not installed, and only some commands need it), "warning" or
    "fault".
    """

    check: str
    state: str
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """All checks; `ok` is false if one of them found a fault."""

    ok: bool
    checks: Sequence[Check]


def doctor(place: Workplace) -> Diagnosis:
    """Check versions, decoders, GPU, disk, engine, credentials and data.

    A fault is what keeps the program from working; missing data and credentials are warnings, as
    a new user has neither.
    """
    checks = [
        _check("versions", lambda: jobs.versions(PACKAGES)),
        _check("machine", _machine),
        _disk(place),
        _check("decoders", _decoders),
        _extras(),
        Check("gpu", "optional", "used by networks only")
        if jobs.missing("networks")
        else _check("gpu", _gpu),
        _check("engine", lambda: _engine(place)),
        _check("kaggle credentials", _credentials, "warning"),
        _check("data", lambda: _data(place), "warning"),
        _check("pixel caches", lambda: _caches(place), "warning"),
    ]
    return Diagnosis(all(check.state != "fault" for check in checks), checks)


def _check(name: str, describe: Callable[[], str], otherwise: str = "fault") -> Check:
    """Return a check with the text of `describe`, or `otherwise` and the text of a `UserError`."""
    try:
        return Check(name, "ok", describe())
    except jobs.UserError as error:
        return Check(name, otherwise, str(error))


def _extras() -> Check:
    """Return which extras are not installed, and the command that adds the first."""
    left_out = [extra for extra in jobs.EXTRAS if jobs.missing(extra)]
    if not left_out:
        return Check("extras", "ok", ", ".join(jobs.EXTRAS))
    named = f"not installed: {', '.join(left_out)}; to add one: {jobs.install_command(left_out[0])}"
    return Check("extras", "optional", named)


def _gpu() -> str:
    """Return the device of networks; all their libraries are imported."""
    summary, _ = segmenters.device_summary(), segmenters.Segmenter
    return summary


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{jobs.available_cores()} cores, {memory:.0f} GiB memory"


def _disk(place: Workplace) -> Check:
    home = place.paths.home
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free / 2**30
    state = "ok" if free >= LOW_DISK_GB else "warning"
    return Check("disk", state, f"{free:.0f} GiB free for {home}")


def _decoders() -> str:
    if missing := dicomio.missing_decoders():
        raise jobs.UserError(f"no decoder for {', '.join(missing)}: reinstall")
    return "available for all image transfer syntaxes of pydicom"


def _engine(place: Workplace) -> str:
    """Return the state of the engine, which must be able to read the data, a zip unpacked."""
    try:
        reads = [place.data] if place.data.is_dir() else []
    except jobs.UserError:
        reads = []  # reported by the check of the data
    return jobs.engine_state(reads=reads, writes=[place.paths.home])


def _credentials() -> str:
    found = kagglegate.find_credentials()
    return "; ".join([f"{found.kind} in {found.source}", *found.warnings])


def _data(place: Workplace) -> str:
    data = place.dataset
    return f"{place.data}: {len(data.train)} training and {len(data.test)} test images"


def _caches(place: Workplace) -> str:
    """Compare all cached images with their checksums; a damaged cache can be deleted."""
    caches = imagestack.finished_caches(place.paths.cache)
    for done, cache in enumerate(caches):
        place.report("pixel caches", done, len(caches), {})
        cache.verify()
    place.report("pixel caches", len(caches), len(caches), {})
    return f"{sum(map(len, caches))} images in {len(caches)} caches, no damage"
