"""LightGBM classifiers that learn from a feature table which images are positive."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
