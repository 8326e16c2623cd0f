"""Subjects of the kind `case`: fields of a case's own data, so that any diagram can have its texts reviewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine.state import to_json
from app.files.queries import uploads
from app.formkit.richtext import show_rich
from app.formkit.values import plain
from app.review.models import ReviewSnapshot
from app.review.subjects import Attached, Content, Subject
from app.work.models import Case

TITLE, BODY, FILES, FIELDS = "title", "body", "attachments", "content_fields"
DEFAULT: Final = f"{TITLE},{BODY},{FILES}"


class CaseFields:
    """The provider: `content_fields` in the token's data names the fields, by default title, body, attachments."""

    def find(self, session: Session, ref: str, data: Mapping[str, Any]) -> Subject | None:
        """Return the fields as they are now; without the token's data the last content that was decided about."""
        case = session.get(Case, int(ref.partition(":")[2] or 0))
        if case is None:
            return None
        if not any(name in data for name in _names(data)):
            return _last(session, ref, case)
        digest = _digest(data)
        title = str(data.get(TITLE) or case.title)
        words = sum(len("".join(str(data.get(name) or "").split())) for name in _names(data))
        version = _version(session, ref, digest)
        return Subject(ref, title, version, digest, frozenset({case.starter_id}), case.starter_unit_id, words)

    def content(self, session: Session, ref: str, digest: str, data: Mapping[str, Any]) -> Content | None:
        """Return the fields with this hash: those of the token, or those that were kept."""
        values = _values(data)
        if not values or _digest(data) != digest:
            kept = session.get(ReviewSnapshot, (ref, digest))
            if kept is None:
                return None
            values = kept.content
        return _content(session, values)

    def remember(self, session: Session, subject: Subject, data: Mapping[str, Any], now: datetime) -> None:
        """Keep the fields under their hash."""
        if session.get(ReviewSnapshot, (subject.ref, subject.digest)) is None:
            row = ReviewSnapshot(subject=subject.ref, digest=subject.digest, version=subject.version, at=now)
            row.content = _values(data)
            session.add(row)
            session.flush()


def _names(data: Mapping[str, Any]) -> list[str]:
    return [one.strip() for one in str(data.get(FIELDS) or DEFAULT).split(",") if one.strip()]


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the named fields as JSON holds them."""
    return {name: to_json(plain(data[name])) for name in _names(data) if name in data}


def _digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(_values(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _version(session: Session, ref: str, digest: str) -> int:
    """Return the number of this content: that under which it is kept, else the next one."""
    kept = session.get(ReviewSnapshot, (ref, digest))
    if kept is not None:
        return kept.version
    last = session.scalar(select(func.max(ReviewSnapshot.version)).where(ReviewSnapshot.subject == ref))
    return (last or 0) + 1


def _last(session: Session, ref: str, case: Case) -> Subject | None:
    query = (
        select(ReviewSnapshot).where(ReviewSnapshot.subject == ref).order_by(ReviewSnapshot.version.desc()).limit(1)
    )
    kept = session.scalar(query)
    if kept is None:
        return None
    words = sum(len("".join(str(value).split())) for value in kept.content.values())
    title = str(kept.content.get(TITLE) or case.title)
    unit = case.starter_unit_id
    return Subject(ref, title, kept.version, kept.digest, frozenset({case.starter_id}), unit, words)


def _content(session: Session, values: Mapping[str, Any]) -> Content:
    texts = [_shown(name, value) for name, value in values.items() if name not in {TITLE, FILES}]
    ids = [one for one in values.get(FILES) or () if isinstance(one, int)]
    files = tuple(Attached(one.name, one.digest, one.size, f"/files/{one.id}") for one in uploads(session, ids))
    return Content(str(values.get(TITLE) or ""), str(Markup("").join(texts)), files=files)


def _shown(name: str, value: Any) -> Markup:
    """Return one field as text: rich text as it is, anything else as a paragraph."""
    if isinstance(value, str):
        shown = show_rich(value)
        return shown if shown.startswith("<") else Markup("<p>{}</p>").format(shown)
    return Markup("<p>{} {}</p>").format(name, value)
