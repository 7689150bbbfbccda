"""Declaration of commands: common options, call of the use case, output."""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

import jobs
from tools.cli import complete
from tools.console import Result, Screen, Shown, can_ask, print_result
from tools.paths import Paths

SECTIONS = {
    "Start": {
        "demo": "All steps on synthetic data, in a few minutes.",
        "doctor": "Check versions, decoders, GPU, disk, credentials, data.",
        "new": "Make a competition's folder that works at once.",
    },
    "Data": {
        "data": "Download, synthesise, tabulate and check raw data.",
        "dicom": "Show one DICOM file.",
        "folds": "Make or show the folds.",
        "features": "Build the feature table; draw features.",
    },
    "Train": {
        "experiments": "What can be trained, with measured score and time.",
        "cv": "Cross-validate an experiment; resumes.",
        "tune": "Search for better settings, scored honestly.",
        "predict": "Predict the test images with a run.",
        "votes": "Make a run from masks predicted elsewhere.",
        "runs": "All runs and blends; compare, rename, delete.",
        "study": "How a score depends on the number of annotations.",
        "export": "Export networks to a folder that predicts alone.",
    },
    "Ensemble": {
        "blend": "Fit a blend of runs and give its honest score.",
        "score": "Score a submission file offline.",
    },
    "Kaggle": {
        "submit": "Write, check, submit and record a submission.",
        "submissions": "CV and leaderboard scores of all submissions.",
        "kernel": "Bundles for notebook competitions.",
        "kaggle-standin": "A local stand-in for Kaggle.",
    },
    "Look": {
        "report": "A page of a run, blend or submission with all images.",
        "view": "Browse all images and take notes.",
    },
}
"""The commands in the order of the help, each in a few words."""


class Sections(TyperGroup):
    """The group of all commands, whose help has them in sections."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section of commands for each of `SECTIONS`."""
        width = max(map(len, self.commands))
        for title, texts in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in texts.items()])


app = typer.Typer(
    name="tools",
    cls=Sections,
    help="From images and run-length masks to a validated and scored Kaggle submission.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Printed = Result | Shown | None
UseCase = Callable[..., Printed]
Failed = Callable[[Any], bool]

if TYPE_CHECKING:
    from tools.usecases.context.workplace import Workplace
else:
    Workplace = Any  # commands import it when they run, as it imports the packages


def require_answer(given: bool, done: str) -> None:
    """Refuse a command that would ask where nobody can answer.

    Args:
        given: whether the answer is given, as by ``--yes``.
        done: what is done without asking, such as "submit it".
    """
    if not (given or can_ask()):
        raise typer.BadParameter(f"no terminal to ask for confirmation: add --yes to {done}")


def number(text: str, least: float, most: float, name: str | None = None) -> Any:
    """Declare the option of a number between `least` and `most`, both included.

    Every option of a number needs both: they also refuse NaN and infinity, and numbers with which
    the work would never end.
    """
    return typer.Option(*filter(None, [name]), min=least, max=most, help=text)


MOST_IMAGES = 1_000_000
GREATEST_SEED = 1_000_000_000
"""scikit-learn takes seeds below 2**32; others are derived from the given one."""
Port = Annotated[int, number("0 is any free port.", 0, 65535)]

Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The Dask cluster, such as tcp://HOST:8786. Default with dask: TOOLS_SCHEDULER.",
    ),
]


def group(name: str, text: str, *, help_alone: bool = True) -> typer.Typer:
    """Add a group of commands, such as `tools data`; alone it shows its help, if `help_alone`."""
    added = typer.Typer(no_args_is_help=help_alone, rich_markup_mode=None, help=text)
    app.add_typer(added, name=name)
    return added


def command(
    parent: typer.Typer, name: str, *, failed: Failed | None = None
) -> Callable[[UseCase], UseCase]:
    """Register a function ``(place, own options…) -> result`` as the command `name`.

    The command also gets the common options. Its result is printed, as text or as JSON; the exit
    code is 1 if ``failed(result)`` is true. None, returned by the helper processes of a distributed
    training, is not printed.
    """

    def register(use_case: UseCase) -> UseCase:
        parent.command(name, help=inspect.getdoc(use_case))(with_common_options(use_case, failed))
        return use_case

    return register


def with_common_options(use_case: UseCase, failed: Failed | None = None) -> Callable[..., None]:
    """Return the function that typer calls for `use_case`."""

    def run(**options: Any) -> None:
        common = {name: options.pop(name) for name in COMMON}
        result = _result(use_case, options, **common)
        if result is None:
            return
        print_result(result, common["as_json"])
        if failed is not None and failed(result.result if isinstance(result, Shown) else result):
            raise typer.Exit(1)

    own = list(inspect.signature(use_case).parameters.values())[1:]
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    return _declared(run, *named, *COMMON.values())


def _result(
    use_case: UseCase,
    own: dict[str, Any],
    *,
    data: Annotated[
        Path | None, typer.Option(help="Raw data: a folder or a zip file. Default: TOOLS_DATA.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder of all output. Default: TOOLS_HOME or .artifacts.")
    ] = None,
    competition: Annotated[
        str | None,
        typer.Option(
            envvar="TOOLS_COMPETITION",
            help="Default: the only one whose data, or else runs, are present.",
            autocompletion=complete.competitions,
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "dask"],
        typer.Option(envvar="TOOLS_ENGINE", help="Process images here or on a Dask cluster."),
    ] = "local",
    scheduler: Scheduler = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback on failure.")] = False,
) -> Printed:
    """Return what a use case with its own options gives; the keywords are the common options."""
    from tools.usecases.context.workplace import Workplace

    with jobs.engine(engine, scheduler_of(engine, scheduler)), Screen() as screen:
        paths = Paths.resolve(home, data)
        place = Workplace(
            paths, competition, screen.report, screen.say, screen.ask, screen.announce,
            answer=screen.answer,
        )  # fmt: skip
        with naming_full_disk(paths.home):
            return use_case(place, **own)


COMMON = dict(list(inspect.signature(_result).parameters.items())[2:])
"""The options of every command."""


@contextmanager
def naming_full_disk(home: Path) -> Iterator[None]:
    """Name the home, or the folder of temporary files, in an error of a full disk without a name.

    Raises:
        jobs.DiskFull: the disk is full.
    """
    try:
        yield
    except jobs.UserError:
        raise
    except Exception as error:
        temporary = Path(os.environ.get("TMPDIR") or "/tmp")
        named = jobs.system_error(error, home, temporary)
        if isinstance(named, jobs.DiskFull):
            raise named from error
        raise


def scheduler_of(engine: str, given: str | None) -> str | None:
    """Return the scheduler's address: the given one, or with dask that of TOOLS_SCHEDULER.

    The variable alone does not select the cluster, so it can remain set.
    """
    if engine != "dask":
        if given is not None:
            raise typer.BadParameter("--scheduler ADDRESS needs --engine dask")
        return None
    address = given or os.environ.get("TOOLS_SCHEDULER")
    if not address:
        raise typer.BadParameter("--engine dask needs --scheduler ADDRESS or TOOLS_SCHEDULER")
    return address


def default_command(parent: typer.Typer) -> Callable[[UseCase], UseCase]:
    """Register the function of a group that is called without a subcommand."""

    def register(use_case: UseCase) -> UseCase:
        run = with_common_options(use_case)

        def callback(context: typer.Context, **options: Any) -> None:
            if context.invoked_subcommand is None:
                run(**options)

        own = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        _declared(callback, own, *inspect.signature(run).parameters.values())
        parent.callback(invoke_without_command=True, help=inspect.getdoc(use_case))(callback)
        return use_case

    return register


def _declared(function: Callable[..., None], *parameters: inspect.Parameter) -> Callable[..., None]:
    """Return a function of `**options` with the parameters that typer is to read."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters}
    return function
