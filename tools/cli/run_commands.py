"""`tools experiments …`, `tools runs …`."""

from typing import Annotated, Literal

import typer

from tools.cli import complete
from tools.cli.command import Workplace, command, default_command, group, require_answer
from tools.console import Result, Shown

catalogue = group("experiments", "The experiments of a competition.", help_alone=False)
table = group("runs", "All runs and blends, and their figures.", help_alone=False)

Name = Annotated[
    str,
    typer.Argument(help="A blend, best, or (the beginning of) a run's name.",
                   autocompletion=complete.subjects),
]  # fmt: skip
Yes = Annotated[bool, typer.Option("--yes", help="Delete without asking.")]


@default_command(catalogue)
def experiments(place: Workplace) -> Shown:
    """Show the experiments: what they are, measured score and time, and their commands.

    Example: tools experiments
    """
    from tools.console import experiments as page
    from tools.usecases.train.experiments import experiments

    found = experiments(place)
    return Shown(found, page.catalogue(found.experiments))


@command(catalogue, "show")
def show_experiment(
    place: Workplace,
    name: Annotated[
        str, typer.Argument(help="An experiment.", autocompletion=complete.experiments)
    ],
) -> Shown:
    """Show all settings of an experiment and what they mean.

    Example: tools experiments show lightgbm
    """
    from tools.console import experiments as page
    from tools.usecases.train.experiments import show

    found = show(place, name)
    return Shown(found, page.settings(found.experiment, found.settings))


@default_command(table)
def runs(
    place: Workplace,
    sort: Annotated[
        Literal["score", "auc", "positives", "date", "time", "size", "name"],
        typer.Option(help="The best, newest or largest first."),
    ] = "score",
    match: Annotated[str, typer.Option(help="Only names or settings with this text.")] = "",
    kind: Annotated[
        Literal["all", "run", "blend"], typer.Option(help="Only runs or only blends.")
    ] = "all",
) -> Shown:
    """Show all runs and blends with honest score, interval, AUC, time and changed settings.

    Example: tools runs --sort auc
    """
    from tools.console import runs as page
    from tools.usecases.look.runs import runs

    found = runs(place, sort=sort, match=match, kind=kind)
    return Shown(found, page.text(found.runs, found.competition))


@command(table, "show")
def show(place: Workplace, name: Name) -> Result | Shown:
    """Show all figures of a run or a blend.

    Example: tools runs show best
    """
    from tools.console import blend as page
    from tools.usecases.look.runs import is_blend, show

    found = show(place, name)
    return Shown(found, page.text(found)) if is_blend(found) else found


@command(table, "diff")
def diff(place: Workplace, a: Name, b: Name) -> Result:
    """Show how two runs or blends differ: settings, and score with a paired interval.

    Example: tools runs diff lightgbm unet_lite_128
    """
    from tools.usecases.look.run_changes import diff

    return diff(place, a, b)


@command(table, "rm")
def rm(place: Workplace, name: Name, yes: Yes = False) -> Result:
    """Delete a run or a blend; asks for confirmation, and refuses what a blend uses.

    Example: tools runs rm unet_tiny-1a2b3c4d
    """
    from tools.usecases.look.run_changes import delete

    require_answer(yes, "delete it")
    return delete(place, name, yes=yes)


@command(table, "rename")
def rename(
    place: Workplace, name: Name, to: Annotated[str, typer.Argument(help="The new name.")]
) -> Result:
    """Give a run or a blend another name; refuses what a blend uses.

    Example: tools runs rename lightgbm-1a2b3c4d trees
    """
    from tools.usecases.look.run_changes import rename

    return rename(place, name, to)


@command(table, "gc")
def gc(
    place: Workplace,
    days: Annotated[
        int, typer.Option(min=0, max=36_500, help="Keep what was used in so many days.")
    ] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List it; delete nothing.")] = False,
    yes: Yes = False,
) -> Result:
    """Delete caches that were not used for some time; asks for confirmation.

    Pixels, tables and features are made again when they are needed. Runs, blends and raw data
    stay.

    Example: tools runs gc --days 7 --dry-run
    """
    from tools.usecases.look.cleanup import clean

    require_answer(yes or dry_run, "delete it")
    return clean(place, days=days, yes=yes, dry_run=dry_run)
