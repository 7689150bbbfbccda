"""Readers of file formats, which implement the protocol `Reader`; selected by content."""

from imagestack.readers.registry import READERS, Reader, reader_named, reader_of

__all__ = ["READERS", "Reader", "reader_named", "reader_of"]
