"""Choices: every public function is an experiment and returns what to train.

A variant is another function that returns ``dataclasses.replace`` of one of these. Figures are
out-of-fold on the real subset of 1,000 annotated stage-1 images (221 positive), 5 folds grouped
by patient, seed 0; NOTES.md has the machine and the full tables.
"""

from contest import Experiment


def lightgbm() -> Experiment:
    """LightGBM on handcrafted features of the 512-px image.

    Command: ``tools cv lightgbm``
    """
    from classifiers import LightGBMConfig

    return Experiment(
        kind="classifier",
        config=LightGBMConfig(),
        image_size=512,
        families=("intensity", "glcm", "grid", "asymmetry", "hog", "header"),
    )
