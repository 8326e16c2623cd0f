"""The compiled versions of this process, cached by version id: they never change once published."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.engine import Definition, compile_definition, with_called
from app.errors import NotFound
from app.formkit import CompiledForm, compile_form
from app.i18n import N_
from app.processes.models import Process, ProcessVersion, VersionPart
from app.sql import Prepared

# built once: every start asks
_RUNNING = Prepared(select(Process.running_version_id).where(Process.slug == bindparam("slug")))
Pins = Mapping[str, int]
NO_PINS: Pins = MappingProxyType({})


@dataclass(frozen=True)
class Bundle:
    """Everything a case of one version needs, ready to use.

    Nodes and forms of called processes are among its own, their ids beginning with the slug and a colon.
    """

    process_id: int
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
        self._bundles: dict[tuple[int, frozenset[tuple[str, int]]], Bundle] = {}
        self._forms: dict[str, CompiledForm] = {}
        self._lock = threading.Lock()

    def bundle(self, session: Session, version_id: int, called: Pins = NO_PINS) -> Bundle:
        """Return the compiled version `version_id` with the versions of the processes it calls, by slug."""
        key = (version_id, frozenset(called.items()))
        found = self._bundles.get(key)
        if found is None:
            found = self._joined(session, version_id, called) if called else _load(session, version_id)
            with self._lock:
                found = self._bundles.setdefault(key, found)
        return found

    def forms(self, session: Session, digests: Collection[str]) -> dict[str, CompiledForm]:
        """Return forms by their digests, whatever versions they belong to: what was answered is read as it was asked.

        A case that moved to another version has answers to forms that its version has no more.
        """
        for digest in set(digests) - self._forms.keys():
            query = select(VersionPart.text).where(VersionPart.kind == "form", VersionPart.digest == digest).limit(1)
            text = session.scalar(query)
            if text is not None:
                self._forms[digest] = compile_form(json.loads(text))
        return {digest: self._forms[digest] for digest in digests if digest in self._forms}

    def pins(self, session: Session, version_id: int) -> dict[str, int]:
        """Return the running version of every process that this one calls, directly and in turn, by slug.

        Raise NotFound when one of them is not published.
        """
        pins: dict[str, int] = {}
        waiting = deque([self.bundle(session, version_id)])
        while waiting:
            for slug in waiting.popleft().definition.calls.values():
                if slug not in pins:
                    called = self.running(session, slug)
                    pins[slug] = called.version_id
                    waiting.append(called)
        return pins

    def _joined(self, session: Session, version_id: int, called: Pins) -> Bundle:
        own = self.bundle(session, version_id)
        parts = {slug: self.bundle(session, pinned) for slug, pinned in sorted(called.items())}
        named = {f"{slug}:{name}": form for slug, part in parts.items() for name, form in part.forms.items()}
        digests = {
            f"{slug}:{name}": digest for slug, part in parts.items() for name, digest in part.form_digests.items()
        }
        return replace(
            own,
            definition=with_called(own.definition, {slug: part.definition for slug, part in parts.items()}),
            forms={**named, **own.forms},
            form_digests={**digests, **own.form_digests},
        )

    def running(self, session: Session, slug: str) -> Bundle:
        """Return the version that new cases of `slug` start on."""
        version_id = _RUNNING.run(session, slug=slug).scalar()
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
        process_id=process.id,
        version_id=version_id,
        slug=process.slug,
        number=version.number,
        diagram=diagram.text,
        definition=compile_definition(diagram.text.encode(), tables),
        forms={name: compile_form(json.loads(part.text)) for name, part in by_kind["form"].items()},
        form_digests={name: part.digest for name, part in by_kind["form"].items()},
    )
