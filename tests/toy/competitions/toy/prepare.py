"""From raw files to a data set with the general functions, and synthetic images."""

from competitions.toy.drawn import synthesize as synthesize
from contest import locate as locate
from contest import prepare_folder as prepare

__all__ = ["locate", "prepare", "synthesize"]
