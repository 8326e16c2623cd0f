"""Take a process out: all its files in one zip, laid out like the folders that `guanjia` loads."""

from __future__ import annotations

import io
import zipfile

from app.processes.source import Source

STEADY = (1980, 1, 1, 0, 0, 0)  # the same texts make the same file


def bundle_of(source: Source) -> bytes:
    """Return a zip with bpmn/<slug>/ and forms/<slug>/."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, name, text in source.parts():
            archive.writestr(zipfile.ZipInfo(_path(source.slug, kind, name), STEADY), text)
    return buffer.getvalue()


def _path(slug: str, kind: str, name: str) -> str:
    if kind == "form":
        return f"forms/{slug}/{name}.form"
    return f"bpmn/{slug}/{name}.{'bpmn' if kind == 'bpmn' else 'dmn'}"
