"""A process as files: `bpmn/<slug>/` and `forms/<slug>/`, read into one value that can be checked and published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.deadlines.rules import parse_limit
from app.engine import MAX_BYTES, Problem, calls_of, check, read_tables
from app.errors import Invalid
from app.formkit import FormRefused, compile_form
from app.i18n import N_
from app.people.rules import ROLES


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

    def schemas(self) -> dict[str, Any]:
        """Return the forms as JSON values; raise Invalid naming the form that is no JSON."""
        return {name: _schema(name, text) for name, text in self.forms.items()}

    @property
    def digest(self) -> str:
        """Return one digest over all parts."""
        return digest_of("\x00".join("\x01".join(part) for part in self.parts()))


def digest_of(text: str) -> str:
    """Return the SHA-256 of a part."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_source(bpmn: Path, forms: Path, slug: str) -> Source:
    """Read the files of `slug`; raise Invalid when there is no diagram."""
    diagram = bpmn / slug / f"{slug}.bpmn"
    if not diagram.is_file():
        raise Invalid(N_("没有找到流程图文件 %(path)s。"), path=f"bpmn/{slug}/{slug}.bpmn")
    return Source(slug, _read(diagram), _read_all(diagram.parent, "dmn"), _read_texts(forms / slug))


def read_file(diagram: Path) -> tuple[Source, Path | None]:
    """Read a diagram wherever it lies with the tables beside it; the folder of its forms is None when unknown."""
    folder = diagram.resolve().parent
    forms = folder.parent.parent / "forms" / folder.name
    known = forms if folder.name == diagram.stem and forms.is_dir() else None
    texts = _read_texts(known) if known else {}
    return Source(diagram.stem, _read(diagram), _read_all(folder, "dmn"), texts), known


def find_slugs(bpmn: Path) -> list[str]:
    """Return the slugs of all process folders."""
    return sorted(path.parent.name for path in bpmn.glob("*/*.bpmn") if path.stem == path.parent.name)


def problems_of(
    source: Source,
    topics: frozenset[str] | None = None,
    called: Mapping[str, Collection[str]] | None = None,
) -> list[Problem]:
    """Check diagram, tables and forms in one pass."""
    return [problem for _, problem in problems_by_file(source, topics, called)]


def problems_by_file(
    source: Source,
    topics: frozenset[str] | None = None,
    called: Mapping[str, Collection[str]] | None = None,
    *,
    with_forms: bool = True,
) -> list[tuple[str, Problem]]:
    """Check diagram, tables and forms in one pass; each problem with the name of the file it is in.

    `called` maps the processes there are to those they call. Without forms nothing is said about the forms the
    diagram names.
    """
    found: list[tuple[str, Problem]] = []
    schemas: dict[str, Any] = {}
    for name, text in source.forms.items():
        schema, problem = _judged(name, text)
        schemas[name] = schema if isinstance(schema, Mapping) else {}
        found += [(f"{name}.form", problem)] if problem else []
    in_tables = [
        (f"{name}.dmn", one) for name, table in source.tables.items() for one in _table_problems(name, table)
    ]
    told = [one for _, one in in_tables]
    drawn = check(
        source.diagram,
        source.tables,
        schemas if with_forms else None,
        topics,
        called=called,
        roles=ROLES,
        limit=parse_limit,
        slug=source.slug,
    )
    in_diagram = [*_encoding_problems(source.diagram), *(one for one in drawn if one not in told)]
    return [*((f"{source.slug}.bpmn", one) for one in in_diagram), *in_tables, *found]


def in_order(sources: Collection[Source]) -> list[Source]:
    """Return sources so that a process comes after those it calls, as far as that is possible."""
    left = {one.slug: one for one in sources}
    found: list[Source] = []
    while left:
        ready = [slug for slug, one in left.items() if not calls_of(one.diagram) & (left.keys() - {slug})]
        found += [left.pop(slug) for slug in ready or list(left)]
    return found


def _judged(name: str, text: str) -> tuple[Any, Problem | None]:
    """Return a form as JSON value, and what is wrong with it."""
    try:
        schema = _schema(name, text)
        compile_form(schema)
    except (Invalid, FormRefused) as error:
        line = getattr(error.__cause__, "lineno", None)
        return None, Problem(
            "form", "error", name, name, line, error.message, dict(error.values), N_("改正这张表单。")
        )
    return schema, None


def _table_problems(name: str, table: bytes) -> list[Problem]:
    return [*_encoding_problems(table), *read_tables({name: table})[1]]


def _encoding_problems(content: bytes) -> list[Problem]:
    """Find what is not UTF-8: versions are stored as text."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        sentence, fix = N_("文件不是 UTF-8 编码。"), N_("用 UTF-8 编码另存一次。")
        return [Problem("encoding", "error", None, None, line, sentence, {}, fix)]
    return []


def _read(file: Path) -> bytes:
    """Read a file, but no more of it than shows that it is too large."""
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _read_all(folder: Path, extension: str) -> dict[str, bytes]:
    return {path.stem: _read(path) for path in sorted(folder.glob(f"*.{extension}")) if path.is_file()}


def _read_texts(folder: Path) -> dict[str, str]:
    # a byte that is no UTF-8 becomes a sign that is no JSON outside texts, and is shown to the reader within
    return {name: text.decode("utf-8-sig", "replace") for name, text in _read_all(folder, "form").items()}


def _schema(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(N_("表单 %(name)s 不是有效的 JSON：%(why)s"), name=name, why=str(error)) from error
