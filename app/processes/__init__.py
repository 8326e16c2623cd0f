"""Versions of diagrams, decision tables and forms: load, check, publish. No pages."""
