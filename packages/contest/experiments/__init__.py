"""Experiments: trees and networks of a competition, and their settings."""
