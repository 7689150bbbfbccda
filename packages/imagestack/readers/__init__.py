"""Readers: one class per file format, behind one protocol; `registry.py` chooses by content."""

from imagestack.readers.registry import READERS, Reader, reader_named, reader_of

__all__ = ["READERS", "Reader", "reader_named", "reader_of"]
