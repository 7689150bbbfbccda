"""Segmentation networks of a timm encoder and a decoder, with resumable training on CPU or GPU."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
