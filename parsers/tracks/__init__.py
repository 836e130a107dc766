"""Readers of files that hold tracks as XML: TCX and GPX. Pure."""
