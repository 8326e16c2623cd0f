"""A version written back as files: the texts as they are stored, forms in one shape, so that diffs stay small."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import Invalid
from app.i18n import N_
from app.processes.source import Source

_NAME: Final = re.compile(r"[\w][\w. -]{0,119}")


@dataclass(frozen=True)
class Written:
    """What an export did to the folders."""

    written: tuple[Path, ...]
    removed: tuple[Path, ...]
    unchanged: tuple[Path, ...]


def write_source(source: Source, bpmn: Path, forms: Path) -> Written:
    """Write a source to `bpmn/<slug>/` and `forms/<slug>/`.

    Diagrams and tables are written byte for byte, forms with an indent of two. Tables and forms that the source has
    no more are removed; every other file in the folders stays. Raise Invalid for a name that is no file's.
    """
    wanted = _files(source, bpmn / source.slug, forms / source.slug)
    there = {*_old(bpmn / source.slug, "dmn"), *_old(forms / source.slug, "form")}
    removed = tuple(sorted(there - wanted.keys()))
    changed = {
        path: content for path, content in wanted.items() if not path.is_file() or path.read_bytes() != content
    }
    for path, content in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in removed:
        path.unlink()
    return Written(tuple(sorted(changed)), removed, tuple(sorted(wanted.keys() - changed.keys())))


def form_text(text: str) -> str:
    """Return a form as it is written to a file: keys in their order, an indent of two, signs as they are."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


def _files(source: Source, diagrams: Path, forms: Path) -> Mapping[Path, bytes]:
    named = {
        diagrams / f"{_checked(source.slug)}.bpmn": source.diagram,
        **{diagrams / f"{_checked(name)}.dmn": table for name, table in source.tables.items()},
    }
    return named | {forms / f"{_checked(name)}.form": form_text(text).encode() for name, text in source.forms.items()}


def _checked(name: str) -> str:
    """Return a name that stays inside its folder: the ids of uploaded forms may say anything."""
    if not _NAME.fullmatch(name):
        raise Invalid(N_("“%(name)s”不能作文件名，没有写出。"), name=name[:100])
    return name


def _old(folder: Path, extension: str) -> list[Path]:
    return [path for path in folder.glob(f"*.{extension}") if path.is_file()]
