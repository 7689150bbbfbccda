"""Experiments: the named functions of a competition that return what to train."""

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import configuration
import jobs
from contest._errors import ContestError, shown
from contest.experiments.experiment import Experiment


def experiment_names(module: str) -> list[str]:
    """Return the names of the experiments in `module`."""
    return sorted(_functions(module))


def load_experiment(module: str, name: str, settings: Sequence[str] = ()) -> Experiment:
    """Return the experiment `name` of `module`, with ``name=value`` settings applied.

    A setting replaces a field of the learner's configuration, or of the experiment. The group may
    be omitted from a name, as ``encoder`` for ``network.encoder``.

    Raises:
        ContestError: an unknown name, with the known ones, or all faulty settings at once.
    """
    functions = _functions(module)
    if name not in functions:
        known = jobs.known_names(name, functions)
        raise ContestError(f"{name!r} is not an experiment of {module}: {known}")
    return with_settings(functions[name](), settings)


def restore_experiment(experiment: Experiment, recorded: Mapping[str, Any]) -> Experiment:
    """Return `experiment` with the configuration recorded in a run's config.json.

    A run made with settings, or before the experiment was changed, is thus read with its own
    configuration. Former names of fields are known; removed fields are ignored.

    Raises:
        ContestError: the run is of another kind.
    """
    if recorded["kind"] != experiment.kind:
        raise ContestError(
            f"the run was made with an experiment of kind {recorded['kind']}, which is of kind "
            f"{experiment.kind} now: repeat its `tools cv`, or rename the experiment"
        )
    known = configuration.known(experiment.config, recorded["config"])
    config = configuration.changed(experiment.config, _tupled(known))
    own = {name: recorded[name] for name in experiment.choices if name in recorded}
    return dataclasses.replace(experiment, config=config, **_tupled(own))


def settings_changed(module: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the settings of a run that differ from those of its experiment now, by full name.

    Args:
        module: of the experiments.
        recorded: the run's config.json.

    Returns:
        The recorded values, sorted by name; None if the experiment no longer exists, or the run is
        not of one.
    """
    name = recorded.get("experiment")
    if "config" not in recorded or name not in experiment_names(module):
        return None
    experiment = load_experiment(module, str(name))
    now, then = (_recorded(experiment, values) for values in (experiment.as_dict(), recorded))
    return {key: value for key, value in sorted(then.items()) if now.get(key) != value}


def _recorded(experiment: Experiment, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded values that settings can change, by full name."""
    own = {key: values[key] for key in experiment.choices if key in values}
    return {**own, **configuration.known(experiment.config, values["config"])}


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with tuples in place of JSON's lists."""

    def plain(value: Any) -> Any:
        return tuple(plain(inner) for inner in value) if isinstance(value, list) else value

    return {name: plain(value) for name, value in values.items()}


def _functions(module: str) -> dict[str, Callable[[], Experiment]]:
    loaded = importlib.import_module(module)
    members = inspect.getmembers(loaded, inspect.isfunction)
    return {
        name: function
        for name, function in members
        if not name.startswith("_") and function.__module__ == loaded.__name__
    }


def with_settings(experiment: Experiment, settings: Sequence[str]) -> Experiment:
    """Return `experiment` with all ``name=value`` settings applied.

    Raises:
        ContestError: lists all faults, with the nearest name for an unknown one.
    """
    kinds = configuration.field_types(experiment.config)
    own = {name: kind for name, kind in configuration.field_types(experiment).items()
           if name in experiment.choices}  # fmt: skip
    faults: list[str] = []
    of_config: list[str] = []
    values: dict[str, Any] = {}
    for setting in settings:
        try:
            name, text = _split(experiment.config, setting, own)
            values[name] = configuration.read(text, kinds.get(name) or own[name])
        except ValueError as error:
            faults.append(f"'{shown(setting)}' {error}")
            continue
        if name in kinds:
            of_config.append(setting)
    chosen = {name: value for name, value in values.items() if name in kinds}
    try:
        config = configuration.changed(experiment.config, chosen)
    except ValueError as error:
        which = ", ".join(f"'{shown(one)}'" for one in of_config)
        faults.append(f"{which}: {error}")
    rest = {name: value for name, value in values.items() if name not in kinds}
    try:
        made = dataclasses.replace(experiment, **rest)
    except ContestError as error:
        faults.append(str(error))
    if faults:
        raise ContestError("; ".join(faults))
    return dataclasses.replace(made, config=config)


def _split(config: Any, setting: str, others: Iterable[str]) -> tuple[str, str]:
    """Return the full name of the field of a setting, and the text of its value."""
    key, _, text = setting.partition("=")
    if not text:
        raise ValueError("sets no known field: write name=value")
    try:
        return configuration.find(config, key, others), text
    except ValueError as error:
        raise ValueError(f"sets no known field: {error}") from error
