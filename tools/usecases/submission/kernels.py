"""`tools kernel`: build, push and submit a bundle for a notebook competition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import contest
import crossval
import ensembling
import jobs
import kagglegate
import notebooks
from notebooks import Bundle, BundleError, BundleInfo
from tools.usecases.context.source import experiment_of
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.submission.submit import require_score

ENTRY, SERVER_ENTRY = (
    "tools.usecases.submission.kernel_run:run",
    "tools.usecases.submission.kernel_run:serve",
)
SERVER_OUTPUT = "submission.parquet"
"""The file that the gateways of `kaggle_evaluation` write, if the competition says nothing else."""


class BadOption(jobs.UserError):
    """A name for the notebook cannot be one."""


@dataclass(frozen=True)
class Built:
    """A bundle in the folder `path`; `slug` names its data set and notebook."""

    path: Path
    blend: str
    runs: Sequence[str]
    slug: str
    files: int
    megabytes: float


@dataclass(frozen=True)
class Pushed:
    """The data set and the version of the notebook that were pushed."""

    dataset: str
    kernel: str
    version: int
    url: str


@dataclass(frozen=True)
class Status:
    """The state of a pushed notebook; see `kagglegate.KernelStatus`."""

    kernel: str
    version: int | None
    url: str
    status: str
    failure: str


@dataclass(frozen=True)
class Submitted:
    """A submission of a notebook's output."""

    blend: str
    kernel: str
    version: int | None
    ref: int | None
    status: str
    public_score: float | None
    private_score: float | None
    error: str | None


@dataclass(frozen=True)
class Server:
    """A bundle's inference server, see `notebooks.answer_gateway`.

    Attributes:
        paths: what the local gateway reads, relative to the competition's files.
        output: the file that the gateway writes.
    """

    paths: Sequence[str] = ()
    output: str = SERVER_OUTPUT


def build(
    place: Workplace,
    name: str,
    to: Path | None = None,
    wheels: Path | None = None,
    *,
    machine: str = "",
    server: Server | None = None,
) -> Built:
    """Write the bundle of a blend, or of a single run; a former bundle is replaced.

    Args:
        to: the folder; by default ``kernels/`` in the home, in the folder of the competition.
        wheels: a folder of wheels to include.
        machine: Kaggle's name of the notebook's machine, see `notebooks.BundleInfo`.
        server: the notebook answers a competition's gateway; None: it writes submission.csv.

    Raises:
        BadOption: a name or path of `machine` or `server` cannot be one.
    """
    _check_names(machine, server)
    blend = _blend(place, name)
    members = [member(place, place.open_run(run)) for run in blend.runs]
    info = BundleInfo(
        blend=blend.name,
        competition=place.spec.name,
        slug=place.spec.slug,
        score_honest=blend.score_honest,
        interval=list(blend.interval),
        accepted=sorted(place.accepted()) if place.accepted_path.exists() else [],
        entry=ENTRY,
        machine=machine,
    )
    if server is not None:
        info = replace(
            info,
            entry=SERVER_ENTRY,
            output=server.output,
            gateway_paths=list(server.paths),
        )
    to = to or place.own("kernels") / info.blend
    files = notebooks.write_bundle(to, info, blend.as_dict(), members, wheels).files()
    megabytes = round(sum(path.stat().st_size for path in files) / 1e6, 1)
    return Built(to, info.blend, blend.runs, info.kernel, len(files), megabytes)


def _check_names(machine: str, server: Server | None) -> None:
    """Check the names and paths that the notebook will use."""
    named = {"--machine": [machine] if machine else []}
    if server is not None:
        named |= {"--output": [server.output], "--gateway-path": list(server.paths)}
    for option, texts in named.items():
        for text in texts:
            parts = text.split("/") if option == "--gateway-path" else [text]
            fault = next(filter(None, map(jobs.name_fault, parts)), "")
            if fault:
                raise BadOption(f"{option} {contest.shown(text)}: {fault}; correct it")


def member(place: Workplace, run: crossval.Run) -> notebooks.Member:
    """Return a run with the properties that a bundle needs.

    Raises:
        jobs.NotInstalled: a library of its models is missing, so that the bundle could not name it.
    """
    experiment = experiment_of(place, run)
    if experiment is None:
        return notebooks.Member(run)
    experiment.check_installed()
    return notebooks.Member(
        run, experiment.models, experiment.model_files, experiment.wants_gpu, experiment.extra
    )


def push(place: Workplace, folder: Path, client: kagglegate.Client | None = None) -> Pushed:
    """Upload the data set of a bundle, wait until it is ready, and start its notebook.

    A data set that has not changed since the last push is not uploaded again.
    """
    bundle = notebooks.open_bundle(folder)
    client = client or kagglegate.Client()
    bundle.set_owner(kagglegate.account(client))
    digests, pushed = bundle.digests(), bundle.pushed
    if pushed is None or pushed.files != digests:
        place.say(f"uploading {len(digests)} files as a private data set")
        notes = f"{bundle.info.blend} {jobs.digest(digests)[:8]}"
        name = kagglegate.push_dataset(client, bundle.dataset, notes, report=place.report)
        pushed = notebooks.PushRecord(name, digests)
        bundle.record(pushed)
    kernel = kagglegate.push_kernel(client, bundle.kernel)
    bundle.record(replace(pushed, kernel=kernel.ref, version=kernel.version, url=kernel.url))
    return Pushed(pushed.dataset, kernel.ref, kernel.version, kernel.url)


def status(folder: Path, client: kagglegate.Client | None = None) -> Status:
    """Return the state of the notebook of a pushed bundle."""
    kernel = _pushed(notebooks.open_bundle(folder))
    found = kagglegate.kernel_status(client or kagglegate.Client(), kernel.ref)
    return Status(kernel.ref, kernel.version, kernel.url, found.state, found.failure)


def submit(
    place: Workplace,
    folder: Path,
    *,
    wait: bool = False,
    message: str = "",
    yes: bool = False,
    client: kagglegate.KernelClient | None = None,
) -> Submitted:
    """Submit the pushed version when it has run, and record the submission in the ledger.

    The user is asked for confirmation, unless `yes` is true or it was submitted before.

    Raises:
        BundleError: it was not pushed, still runs or has failed, or the user declined.
        NotScored: Kaggle could not score it; only if `wait`.
    """
    bundle = notebooks.open_bundle(folder)
    kernel, info = _pushed(bundle), bundle.info
    client = client or kagglegate.KernelClient(kernel)
    _require_complete(folder, status(folder, client))
    ledger = kagglegate.Ledger(place.paths.ledger)
    message = message or f"{info.blend} CV {info.score_honest:.4f}"
    known = ledger.identical(kagglegate.file_digest(bundle.record_path), info.slug)
    if not (yes or known or place.ask(_proposal(info, kernel, message))):
        raise BundleError("stopped: nothing was submitted")
    extra = {name: getattr(info, name) for name in ("blend", "score_honest", "interval")}
    how: dict[str, Any] = {"extra": extra, "wait": wait, "report": place.report}
    entry = kagglegate.deliver(client, ledger, bundle.record_path, info.slug, message, **how)
    if wait:
        require_score(entry)
    return Submitted(
        blend=entry.extra["blend"],
        kernel=kernel.ref,
        version=kernel.version,
        ref=entry.ref,
        status=entry.state,
        public_score=entry.public_score,
        private_score=entry.private_score,
        error=entry.error,
    )


def _blend(place: Workplace, name: str) -> ensembling.Blend:
    """Return the blend, or a blend of a single run."""
    blends = place.blends.names()
    if name in (ensembling.BEST, *blends):
        return place.open_blend(name)
    try:
        run = place.open_run(name)
    except crossval.UnknownRun as error:
        known = ", ".join([ensembling.BEST, *blends]) if blends else "none"
        raise ensembling.BlendNameError(f"{error}; it is no blend (known: {known})") from None
    return blending.fit_runs(place, [run], run.name)[0]


def _require_complete(folder: Path, found: Status) -> None:
    if found.status != "complete":
        why = ": ".join(filter(None, (found.status, found.failure)))
        raise BundleError(
            f"the notebook {found.kernel} is not complete ({why}): see {found.url}, repeat "
            f"`tools kernel status {folder}`, or correct it and push it again"
        )


def _proposal(info: BundleInfo, kernel: kagglegate.Kernel, message: str) -> str:
    """Return the text of the request for confirmation."""
    low, high = info.interval
    return (
        f"to be submitted to {info.slug}:\n"
        f"  blend    {info.blend}, CV {info.score_honest:.4f} ({low:.4f}–{high:.4f})\n"
        f"  notebook {kernel.ref}, version {kernel.version}, {kernel.url}\n"
        f"  message  {message}"
    )


def _pushed(bundle: Bundle) -> kagglegate.Kernel:
    pushed = bundle.pushed
    if pushed is None or not pushed.kernel:
        raise BundleError(f"{bundle.path} is not pushed yet: run `tools kernel push {bundle.path}`")
    return kagglegate.Kernel(pushed.kernel, pushed.version, pushed.url, bundle.info.output)
