"""The compiled versions of this process, cached by version id: they never change once published."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import Definition, compile_definition
from app.errors import NotFound
from app.formkit import CompiledForm, compile_form
from app.i18n import N_
from app.processes.models import Process, ProcessVersion, VersionPart


@dataclass(frozen=True)
class Bundle:
    """Everything a case of one version needs, ready to use."""

    version_id: int
    slug: str
    number: int
    diagram: str
    definition: Definition
    forms: Mapping[str, CompiledForm]
    form_digests: Mapping[str, str]


class Library:
    """Finds and keeps bundles; safe in threads."""

    def __init__(self) -> None:
        self._bundles: dict[int, Bundle] = {}
        self._lock = threading.Lock()

    def bundle(self, session: Session, version_id: int) -> Bundle:
        """Return the compiled version `version_id`."""
        found = self._bundles.get(version_id)
        if found is None:
            found = _load(session, version_id)
            with self._lock:
                found = self._bundles.setdefault(version_id, found)
        return found

    def running(self, session: Session, slug: str) -> Bundle:
        """Return the version that new cases of `slug` start on."""
        version_id = session.scalar(select(Process.running_version_id).where(Process.slug == slug))
        if version_id is None:
            raise NotFound(N_("没有这个流程，或者它还没有发布。"))
        return self.bundle(session, version_id)


def _load(session: Session, version_id: int) -> Bundle:
    version = session.get(ProcessVersion, version_id)
    if version is None:
        raise NotFound(N_("没有这个流程版本。"))
    process = session.get_one(Process, version.process_id)
    parts = session.scalars(select(VersionPart).where(VersionPart.version_id == version_id)).all()
    by_kind = {kind: {part.name: part for part in parts if part.kind == kind} for kind in ("bpmn", "table", "form")}
    (diagram,) = by_kind["bpmn"].values()
    tables = {name: part.text.encode() for name, part in by_kind["table"].items()}
    return Bundle(
        version_id=version_id,
        slug=process.slug,
        number=version.number,
        diagram=diagram.text,
        definition=compile_definition(diagram.text.encode(), tables),
        forms={name: compile_form(json.loads(part.text)) for name, part in by_kind["form"].items()},
        form_digests={name: part.digest for name, part in by_kind["form"].items()},
    )
