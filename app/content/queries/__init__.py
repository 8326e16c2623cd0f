"""Reads of content, scoped to the viewer."""
