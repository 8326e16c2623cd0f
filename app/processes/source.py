"""A process as files: `bpmn/<slug>/` and `forms/<slug>/`, read into one value that can be checked and published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.engine import Problem, check
from app.errors import Invalid
from app.formkit import FormRefused, compile_form
from app.i18n import N_


@dataclass(frozen=True)
class Source:
    """The texts of one process version."""

    slug: str
    diagram: bytes
    tables: Mapping[str, bytes] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """Yield (kind, name, text) of every file in a stable order."""
        yield "bpmn", self.slug, self.diagram.decode()
        yield from (("table", name, text.decode()) for name, text in sorted(self.tables.items()))
        yield from (("form", name, text) for name, text in sorted(self.forms.items()))

    @property
    def digest(self) -> str:
        """Return one digest over all parts."""
        return digest_of("\x00".join("\x01".join(part) for part in self.parts()))

    def schemas(self) -> dict[str, Any]:
        """Return the forms as JSON values; raise Invalid naming the form that is no JSON."""
        return {name: _schema(name, text) for name, text in self.forms.items()}


def digest_of(text: str) -> str:
    """Return the SHA-256 of a part."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_source(bpmn: Path, forms: Path, slug: str) -> Source:
    """Read the files of `slug`; raise Invalid when there is no diagram."""
    diagram = bpmn / slug / f"{slug}.bpmn"
    if not diagram.is_file():
        raise Invalid(N_("没有找到流程图文件 %(path)s。"), path=f"bpmn/{slug}/{slug}.bpmn")
    tables = {path.stem: path.read_bytes() for path in sorted((bpmn / slug).glob("*.dmn"))}
    texts = {path.stem: path.read_text("utf-8") for path in sorted((forms / slug).glob("*.form"))}
    return Source(slug, diagram.read_bytes(), tables, texts)


def find_slugs(bpmn: Path) -> list[str]:
    """Return the slugs of all process folders."""
    return sorted(path.parent.name for path in bpmn.glob("*/*.bpmn") if path.stem == path.parent.name)


def problems_of(source: Source, topics: frozenset[str] | None = None) -> list[Problem]:
    """Check diagram, tables and forms in one pass."""
    schemas = source.schemas()
    found = list(check(source.diagram, source.tables, schemas, topics))
    for name, schema in schemas.items():
        try:
            compile_form(schema)
        except FormRefused as error:
            found.append(
                Problem("form", "error", name, name, None, error.message, dict(error.values), N_("改正这张表单。"))
            )
    return found


def _schema(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Invalid(N_("表单 %(name)s 不是有效的 JSON：%(why)s"), name=name, why=str(error)) from error
