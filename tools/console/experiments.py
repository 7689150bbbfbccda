"""Text of the catalogue of experiments, and of the settings of one."""

import textwrap
from collections.abc import Sequence

import configuration
import contest
from tools.console.results import aligned, duration, figure

COLUMNS = ("experiment", "AUC", "score", "time", "on")
WIDTH = 100


def catalogue(experiments: Sequence[contest.Entry]) -> str:
    """Return a line of figures for each experiment, then what each is and its command."""
    lines = aligned([COLUMNS, *map(_cells, experiments)])
    for one in experiments:
        lines += ["", one.name, *_indented(one.summary), f"    {one.command}"]
    return "\n".join(lines)


def settings(entry: contest.Entry, rows: Sequence[configuration.Setting]) -> str:
    """Return the settings of an experiment by group, with what they mean."""
    lines = [entry.name, *_indented(entry.summary), f"    {entry.command}", ""]
    for one in rows:
        default = "" if one.value == one.default else f"   (default {_value(one.default)})"
        lines += [f"{one.name} = {_value(one.value)}{default}", *_indented(one.text)]
    return "\n".join([*lines, "", "Change one with --set NAME=VALUE; the group can be left out."])


def _cells(one: contest.Entry) -> tuple[str, ...]:
    known = one.about
    machine = known.machine or ("made for a GPU" if known.gpu else "not measured")
    return one.name, figure(known.auc, 3), figure(known.score, 3), duration(known.minutes), machine


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "()"
    return str(value) if value != "" else '""'


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
