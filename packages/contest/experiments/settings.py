"""Experiments: the named functions of a competition that return what to train."""

import dataclasses
import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

from contest._errors import BadSetting, OtherExperiment, UnknownExperiment
from contest.experiments.experiment import Experiment


def experiment_names(module: str) -> list[str]:
    """Return the names of the experiments in `module`."""
    return sorted(_functions(module))


def load_experiment(module: str, name: str, settings: Sequence[str] = ()) -> Experiment:
    """Return the experiment `name` of `module`, with ``field=value`` settings applied.

    A setting replaces a field of the learner's configuration, or of the experiment.

    Raises:
        UnknownExperiment: lists the right names.
        BadSetting: all faulty settings at once.
    """
    functions = _functions(module)
    if name not in functions:
        likely = difflib.get_close_matches(name, functions)
        hint = f"did you mean {likely[0]}? " if likely else ""
        raise UnknownExperiment(
            f"{name!r} is not an experiment of {module}: {hint}there are {', '.join(functions)}"
        )
    return _with_settings(functions[name](), settings)


def restore_experiment(experiment: Experiment, recorded: Mapping[str, Any]) -> Experiment:
    """Return `experiment` with the choices that a run's config.json recorded.

    So a run made with settings, or before the experiment was changed, is read as it was made.

    Raises:
        OtherExperiment: the run is of another kind.
    """
    if recorded["kind"] != experiment.kind:
        raise OtherExperiment(
            f"the run was made with an experiment of kind {recorded['kind']}, which is of kind "
            f"{experiment.kind} now: repeat its `tools cv`, or name the experiment otherwise"
        )
    names = _fields(experiment.config)
    config = dataclasses.replace(experiment.config, **_recorded(recorded["config"], names))
    own = _recorded(recorded, set(experiment.choices))
    return dataclasses.replace(experiment, config=config, **own)


def _recorded(record: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: _tupled(record[name]) for name in names & record.keys()}


def _tupled(value: Any) -> Any:
    return tuple(_tupled(inner) for inner in value) if isinstance(value, list) else value


def _functions(module: str) -> dict[str, Callable[[], Experiment]]:
    loaded = importlib.import_module(module)
    members = inspect.getmembers(loaded, inspect.isfunction)
    return {
        name: function
        for name, function in members
        if not name.startswith("_") and function.__module__ == loaded.__name__
    }


def _with_settings(experiment: Experiment, settings: Sequence[str]) -> Experiment:
    faults = []
    for setting in settings:
        key, _, text = setting.partition("=")
        target = experiment.config if key in _fields(experiment.config) else experiment
        if not text or key not in _fields(experiment.config) | set(experiment.choices):
            known = ", ".join(sorted(_fields(experiment.config) | set(experiment.choices)))
            faults.append(f"{setting!r} sets no known field (there are {known})")
            continue
        try:
            changed = dataclasses.replace(target, **{key: _parse(text, target, key)})
        except (ValueError, TypeError) as error:
            faults.append(f"{setting!r}: {error}")
            continue
        if target is experiment:
            experiment = changed
        else:
            experiment = dataclasses.replace(experiment, config=changed)
    if faults:
        raise BadSetting("; ".join(faults))
    return experiment


def _fields(config: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(config)}


def _parse(text: str, target: Any, key: str) -> Any:
    """Read `text` as a value of the type that the field `key` of `target` has."""
    current = getattr(target, key)
    if not isinstance(current, tuple):
        return _parse_one(text, type(current))
    # the annotation, as an empty tuple does not tell what it is made of
    kinds = get_args(get_type_hints(type(target)).get(key))
    kind = kinds[0] if kinds else str
    return tuple(_parse_one(part, kind) for part in text.split(",") if part)


def _parse_one(text: str, kind: type) -> Any:
    if issubclass(kind, bool):
        if text.lower() not in {"true", "false"}:
            raise ValueError("is neither true nor false")
        return text.lower() == "true"
    if issubclass(kind, int | float):
        return kind(text)
    return None if text.lower() == "null" else text
