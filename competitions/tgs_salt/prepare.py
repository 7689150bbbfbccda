"""From raw files to a data set with the general functions, and synthetic images."""

from competitions.tgs_salt.sections import synthesize as synthesize
from contest import locate as locate
from contest import prepare_folder as prepare

__all__ = ["locate", "prepare", "synthesize"]
