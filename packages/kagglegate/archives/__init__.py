"""Zip files and folders of data: checked, unpacked, adopted."""
