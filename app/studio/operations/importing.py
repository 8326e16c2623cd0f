"""Bring a process in: read the uploaded files, begin a draft with them, make the repairs that were accepted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import DiagramRefused, Repair
from app.errors import Invalid, Refused
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.deployments import Package, pack
from app.processes.foreign import SLUG, repaired, repairs_for, slug_for
from app.processes.models import Process
from app.processes.source import Source
from app.studio import queries
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.operations.texts import require_readable

MOST_FILES, LARGEST = 200, 20_000_000
KINDS = (".bpmn", ".dmn", ".form")
ENDINGS = (".bpmn20.xml", ".bpmn", ".xml", ".dmn", ".form", ".zip")
WRONG_KIND = N_("“%(name)s”不能导入：只收 .bpmn、.xml、.dmn、.form 文件，或者装着它们的 .zip。")
TOO_LARGE = N_("压缩包太大：最多 %(files)s 个文件、解开后 %(size)s MB。")
BROKEN_ZIP = N_("“%(name)s”打不开，不是完整的压缩包。")
SEVERAL = N_("一次导入一个流程。这里有 %(count)s 张流程图：%(names)s。")
WRONG_SLUG = N_("地址名“%(slug)s”不能用：小写字母开头，只用小写字母、数字和下划线，2 到 40 个字符。")
NOT_YOURS = N_("已经有“%(name)s”（%(slug)s），它由别人负责。换一个地址名，导入成新的流程。")
UNREADABLE = N_("“%(name)s”的文字编码读不出来。用 UTF-8 另存一次再导入。")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True)
class Upload:
    """One uploaded file."""

    name: str
    content: bytes


def import_files(
    session: Session, viewer: Viewer, uploads: Sequence[Upload], slug: str, now: datetime
) -> ProcessDraft:
    """Begin a draft with the uploaded diagram, its forms and tables.

    Without `slug` the process is called by its id; one that exists already gets a draft for its next version. Raise
    Invalid with the sentence for whatever cannot be taken in, Refused when the process of this name is others'.
    """
    source, name = read_uploads(uploads, slug)
    process = session.scalar(select(Process).where(Process.slug == source.slug))
    if process is not None and not queries.may_edit_slug(session, viewer, source.slug):
        raise Refused(NOT_YOURS, name=process.name, slug=source.slug)
    base = process.running_version_id if process is not None else None
    return drafts.begin(session, viewer, source, name, now, base_version_id=base)


def read_uploads(uploads: Sequence[Upload], slug: str = "") -> tuple[Source, str]:
    """Return the source that the files make and the name of its process."""
    package = _packed(dict(_unpacked(uploads)))
    if len(package.diagrams) > 1:
        raise Invalid(SEVERAL, count=len(package.diagrams), names="、".join(sorted(package.diagrams)[:5]))
    ((file, content),) = package.diagrams.items()
    diagram = _text(file, content)
    require_readable("bpmn", diagram)
    name = slug or slug_for(diagram.encode(), file)
    if not SLUG.fullmatch(name):
        raise Invalid(WRONG_SLUG, slug=name[:60])
    tables = {PurePosixPath(one).stem: _text(one, text) for one, text in package.tables.items()}
    for text in tables.values():
        require_readable("table", text)
    forms = {PurePosixPath(one).stem: _text(one, text) for one, text in package.forms.items()}
    source = Source(name, diagram.encode(), {key: text.encode() for key, text in tables.items()}, forms)
    return source, _process_name(diagram) or name


def find_repairs(
    session: Session, draft: ProcessDraft, topics: Collection[str], called: Collection[str]
) -> tuple[Repair, ...]:
    """Return the repairs that would make a draft run; none when its diagram cannot be read."""
    try:
        return repairs_for(queries.source_of(session, draft), topics, called)
    except (DiagramRefused, Invalid):
        return ()


def accept_repairs(
    session: Session,
    viewer: Viewer,
    draft_id: int,
    accepted: Collection[str],
    seen: int,
    now: datetime,
    *,
    topics: Collection[str],
    called: Collection[str],
) -> ProcessDraft:
    """Make the accepted repairs in a draft; what is not accepted stays as it was drawn."""
    draft = drafts.lock_draft(session, viewer, draft_id, seen)
    before = queries.source_of(session, draft)
    after = repaired(before, topics, called, accepted)
    for kind, name, text in _changed(before, after):
        draft = drafts.save_part(session, viewer, draft_id, (kind, name, text), draft.row_version, now)
    return draft


def _changed(before: Source, after: Source) -> Iterator[tuple[str, str, str]]:
    known = {(kind, name): text for kind, name, text in before.parts()}
    return ((kind, name, text) for kind, name, text in after.parts() if known.get((kind, name)) != text)


def _unpacked(uploads: Sequence[Upload]) -> Iterator[tuple[str, bytes]]:
    for one in uploads:
        if one.name.lower().endswith(".zip"):
            yield from _members(one)
        else:
            yield one.name, one.content


def _members(one: Upload) -> Iterator[tuple[str, bytes]]:
    """Yield the diagrams, tables and forms of a zip; other files in it are left."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(one.content))
        members = [
            member for member in archive.infolist() if member.filename.lower().endswith((".bpmn20.xml", *KINDS))
        ]
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST:
            raise Invalid(TOO_LARGE, files=MOST_FILES, size=LARGEST // 1_000_000)
        for member in members:
            yield PurePosixPath(member.filename).name, archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise Invalid(BROKEN_ZIP, name=one.name) from error


def _packed(files: Mapping[str, bytes]) -> Package:
    for name in files:
        if not name.lower().endswith(ENDINGS):
            raise Invalid(WRONG_KIND, name=name[:100])
    return pack({_named(name): content for name, content in files.items()})


def _named(name: str) -> str:
    """Return the name under which a file is packed: other products write diagrams as .xml too."""
    plain = name.lower().endswith(".xml") and not name.lower().endswith(".bpmn20.xml")
    return f"{name[:-4]}.bpmn" if plain else name


def _text(name: str, content: bytes) -> str:
    """Return a file as text in UTF-8, whatever it declares."""
    found = _ENCODING.match(content[:200])
    encoding = found[1].decode() if found else "utf-8-sig"
    try:
        text = content.decode("utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Invalid(UNREADABLE, name=name[:100]) from error
    declared = found and encoding.lower() not in {"utf-8", "utf8", "utf-8-sig"}
    return text.replace(encoding, "UTF-8", 1) if declared else text


def _process_name(diagram: str) -> str | None:
    found = re.search(r"<(?:\w+:)?process\b[^>]*\bname=\"([^\"]{1,100})", diagram)
    return found[1] if found else None
