"""A bundle at Kaggle: pushed as a data set and a notebook, asked for, submitted."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases.kernels import DATASET, KERNEL, OWNER, BundleError, open_bundle
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import kagglegate

PUSHED = "pushed.json"
"""Which data set and which version of the notebook were made of a bundle."""


def push(
    place: Workplace, folder: Path, client: "kagglegate.Client | None" = None
) -> dict[str, Any]:
    """Upload the data set of a bundle, wait until it is ready, and start its notebook.

    A data set that was pushed and not changed since is not uploaded again.
    """
    import kagglegate

    about = open_bundle(folder)
    client = client or kagglegate.Client()
    _name_owner(folder, kagglegate.account(client))
    sums = _sums(folder / DATASET)
    pushed = jobs.read_json(folder / PUSHED) if (folder / PUSHED).is_file() else {}
    if pushed.get("files") != sums:
        place.say(f"uploading {len(sums)} files as a private data set")
        notes = f"{about['blend']} {jobs.digest(sums)[:8]}"
        name = kagglegate.push_dataset(client, folder / DATASET, notes, report=place.report)
        pushed = {"dataset": name, "files": sums}
        jobs.write_json(folder / PUSHED, pushed)
    kernel = kagglegate.push_kernel(client, folder / KERNEL)
    pushed |= {"kernel": kernel.ref, "version": kernel.version, "url": kernel.url}
    jobs.write_json(folder / PUSHED, pushed)
    return {name: value for name, value in pushed.items() if name != "files"}


def status(folder: Path, client: "kagglegate.Client | None" = None) -> dict[str, Any]:
    """Return how the notebook of a pushed bundle stands."""
    import kagglegate

    kernel = _pushed(folder)
    found = kagglegate.kernel_status(client or kagglegate.Client(), kernel.ref)
    return {
        "kernel": kernel.ref,
        "version": kernel.version,
        "url": kernel.url,
        "status": found.state,
        "failure": found.failure,
    }


def submit(
    place: Workplace,
    folder: Path,
    *,
    wait: bool = False,
    message: str = "",
    yes: bool = False,
    gate: "kagglegate.KernelGate | None" = None,
) -> dict[str, Any]:
    """Submit the version that was pushed, once it has run; the ledger records it as any other.

    A person is asked before, unless `yes`, or where it was sent already and is only shown.

    Raises:
        BundleError: it was not pushed, still runs or has failed, or the person said no.
    """
    import kagglegate

    about, kernel = open_bundle(folder), _pushed(folder)
    gate = gate or kagglegate.KernelGate(kernel)
    found = status(folder, gate)
    if found["status"] != "complete":
        why = f"{found['status']}{': ' * bool(found['failure'])}{found['failure']}"
        raise BundleError(
            f"the notebook {kernel.ref} has not run to its end ({why}): see {kernel.url}, ask "
            f"again with `tools kernel status {folder}`, or mend it and push it again"
        )
    ledger = kagglegate.Ledger(place.paths.ledger)
    message = message or f"{about['blend']} CV {about['score_honest']:.4f}"
    sent = ledger.identical(kagglegate.file_digest(folder / PUSHED), about["slug"])
    if not (yes or sent or place.ask(_proposal(about, kernel, message))):
        raise BundleError("stopped: nothing was sent")
    entry = kagglegate.deliver(
        gate,
        ledger,
        folder / PUSHED,
        about["slug"],
        message,
        extra={name: about[name] for name in ("blend", "score_honest", "interval")},
        wait=wait,
        report=place.report,
    )
    return {
        "blend": about["blend"],
        "kernel": kernel.ref,
        "version": kernel.version,
        "ref": entry.ref,
        "status": entry.state,
        "public_score": entry.public_score,
        "private_score": entry.private_score,
        "error": entry.error,
    }


def _proposal(about: dict[str, Any], kernel: "kagglegate.Kernel", message: str) -> str:
    """Return what a person reads before a submission is sent."""
    low, high = about["interval"]
    return "\n".join(
        [
            f"to be sent to {about['slug']}:",
            f"  blend    {about['blend']}, CV {about['score_honest']:.4f} ({low:.4f}–{high:.4f})",
            f"  notebook {kernel.ref}, version {kernel.version}, {kernel.url}",
            f"  message  {message}",
        ]
    )


def _pushed(folder: Path) -> "kagglegate.Kernel":
    import kagglegate

    open_bundle(folder)
    record = jobs.read_json(folder / PUSHED) if (folder / PUSHED).is_file() else {}
    if "kernel" not in record:
        raise BundleError(f"{folder} was not pushed yet: run `tools kernel push {folder}`")
    return kagglegate.Kernel(record["kernel"], record["version"], record["url"])


def _name_owner(folder: Path, account: str) -> None:
    """Put the account's name into the metadata, where the build could not know it."""
    for path in (
        folder / DATASET / "dataset-metadata.json",
        folder / KERNEL / "kernel-metadata.json",
    ):
        text = path.read_text(encoding="utf-8")
        if OWNER in text:
            jobs.write_text(path, text.replace(OWNER, account))


def _sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a data set by its path."""
    sums = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        sums[path.relative_to(folder).as_posix()] = digest
    return sums
