"""Readers of file formats, which implement the protocol `Reader`; selected by content."""

from imagestack.readers.registry import (
    READERS,
    SUFFIXES,
    Reader,
    misnamed,
    reader_named,
    reader_of,
)

__all__ = ["READERS", "SUFFIXES", "Reader", "misnamed", "reader_named", "reader_of"]
