"""The files of a model folder: a text and a JSON file for each model, and the stamp."""

from pathlib import Path
from typing import Any

import lightgbm as lgb

import jobs
from classifiers._boosting import Grown
from classifiers._errors import WrongModel

STAMP = "fit.json"


def model_path(folder: Path, number: int) -> Path:
    """Return where the text of model `number` lies."""
    return folder / f"model_seed{number}.txt"


def save_model(path: Path, grown: Grown) -> None:
    """Write figures and digest, then the text: where there is a text, its digest is known."""
    record = {"digest": jobs.digest(grown.text), "figures": grown.figures}
    jobs.write_json(path.with_suffix(".json"), record)
    jobs.write_text(path, grown.text)


def read_figures(path: Path) -> dict[str, float]:
    """Return the figures about the making of a model.

    Raises:
        WrongModel: they are missing.
    """
    return _record(path)["figures"]


def model_files(folder: Path) -> list[Path]:
    """Return the model files in `folder` by seed: as many as it was trained with.

    Raises:
        WrongModel: there is none, or some are missing.
    """
    stamp = folder / STAMP
    wanted = jobs.read_json(stamp).get("models", 0) if stamp.exists() else 0
    paths = [model_path(folder, number) for number in range(wanted)]
    found = sum(path.exists() for path in paths)
    if not wanted or found < wanted:
        held = f"{found} of its {wanted} models" if wanted else "no models"
        raise WrongModel(f"{folder} holds {held}: run the training to its end first")
    return paths


def load_model(path: Path) -> lgb.Booster:
    """Read one model text file.

    LightGBM ends the process on some damaged texts, so it sees only the text that was written.

    Raises:
        WrongModel: it is another text.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    if jobs.digest(text) != _record(path)["digest"]:
        raise WrongModel(f"{path} is not the model that was written: delete it and train again")
    return lgb.Booster(model_str=text)


def _record(path: Path) -> dict[str, Any]:
    source = path.with_suffix(".json")
    try:
        record = jobs.read_json(source)
        if record.keys() >= {"digest", "figures"}:
            return record
        reason = "it holds no digest of the model"
    except jobs.NotReadable as error:
        reason = str(error)
    raise WrongModel(f"{source} is of no use ({reason}): delete {path.name} and train again")
