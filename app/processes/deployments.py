"""Uploaded files become versions of processes: the way of REST clients and of a modeler's deploy button."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import Problem, compile_definition
from app.errors import Conflict, Invalid, UserError
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.processes.models import Deployed, Deployment
from app.processes.proposals import NothingNew, propose
from app.processes.source import Source, problems_by_file

DIAGRAMS = (".bpmn20.xml", ".bpmn")
SLUG = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", re.ASCII)
NO_DIAGRAM = N_("没有流程图。至少要有一个 .bpmn 文件。")
WRONG_KIND = N_("“%(name)s”不能部署：只收 .bpmn、.bpmn20.xml、.dmn 和 .form 文件。")
WRONG_ID = N_("流程 id“%(id)s”不能作地址：用英文字母、数字、下划线、点和连字符，字母或下划线开头，最长 100 个字符。")


class FilesRefused(UserError):
    """Files that cannot run; `problems` tells what is wrong in which file, warnings included."""

    default = N_("上传的文件有 %(count)s 处问题，还不能运行。")

    def __init__(self, problems: Sequence[tuple[str, Problem]]) -> None:
        super().__init__(None, count=sum(one.severity == "error" for _, one in problems))
        self.problems = tuple(problems)


class WaitsForApproval(Conflict):
    """The files are kept as proposals, but run only once a second person approved them."""

    default = N_(
        "文件已收下，还没有运行：要另一个人批准（提案 %(ids)s）。批准以后再部署同样的文件，得到的就是这个部署。"
    )


@dataclass(frozen=True)
class Package:
    """Uploaded files by their names, sorted by what they are."""

    diagrams: Mapping[str, bytes]
    tables: Mapping[str, bytes] = field(default_factory=dict)
    forms: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What came of a deployment: its row, the versions behind it, and whether any of them is new.

    `waiting` are the proposals that a second person has to approve first; then there is no deployment yet.
    """

    id: int
    version_ids: tuple[int, ...]
    new: bool
    waiting: tuple[int, ...] = ()

    def refuse_unless_running(self) -> None:
        """Raise WaitsForApproval when something waits; to be asked after the commit, which keeps the proposals."""
        if self.waiting:
            raise WaitsForApproval(ids="、".join(str(one) for one in self.waiting))


def pack(files: Mapping[str, bytes]) -> Package:
    """Sort uploaded files; raise Invalid for a file of another kind and when there is no diagram."""
    diagrams: dict[str, bytes] = {}
    tables: dict[str, bytes] = {}
    forms: dict[str, bytes] = {}
    kinds = {**dict.fromkeys(DIAGRAMS, diagrams), ".dmn": tables, ".form": forms}
    for path, content in files.items():
        name = PurePosixPath(path.replace("\\", "/")).name
        kind = next((kind for ending, kind in kinds.items() if name.lower().endswith(ending)), None)
        if kind is None:
            raise Invalid(WRONG_KIND, name=name[:100])
        kind[name] = content
    if not diagrams:
        raise Invalid(NO_DIAGRAM)
    return Package(diagrams, tables, forms)


def read_package(package: Package, topics: frozenset[str] | None = None) -> dict[str, Source]:
    """Return what to publish by the diagram's file; raise FilesRefused with every problem of every file."""
    found = {name: _source(package, name) for name in package.diagrams}
    problems = [
        (_file(package, name, file), problem)
        for name, source in found.items()
        for file, problem in problems_by_file(source, topics)
    ]
    if any(problem.severity == "error" for _, problem in problems):
        # what is wrong with a table is found again with every diagram
        raise FilesRefused([one for index, one in enumerate(problems) if one not in problems[:index]])
    return {name: _addressed(source, alone=len(found) == 1) for name, source in found.items()}


def deploy(
    session: Session,
    sources: Mapping[str, Source],
    actor: Actor,
    now: datetime,
    *,
    name: str,
    source: str | None = None,
    topics: frozenset[str] | None = None,
) -> Made:
    """Publish `sources` (file name → source) as one deployment; the same texts again are the deployment of before.

    With four eyes on, what is new becomes proposals that wait.
    """
    done = {file: _put(session, one, actor, now, name, topics) for file, one in sources.items()}
    waiting = tuple(one.proposal_id for one in done.values() if one.version_id is None)
    if waiting:
        return Made(0, (), new=False, waiting=waiting)
    ids = tuple(one.version_id for one in done.values() if one.version_id is not None)
    new = any(one.proposal_id for one in done.values())
    known = None if new else _holding(session, ids)
    if known is not None:
        return Made(known, ids, new=False)
    row = Deployment(name=name, source=source, at=now, by=actor.name)
    session.add(row)
    session.flush()
    session.add_all(Deployed(deployment_id=row.id, version_id=done[file].version_id, resource=file) for file in done)
    payload = {"deployment": row.id, "name": name, "source": source, "versions": list(ids)}
    append(session, "house", [Entry("processes:deployment:made", actor, payload)], now)
    return Made(row.id, ids, new)


@dataclass(frozen=True)
class _Put:
    """What came of one source: the version, None while it waits; the proposal, 0 when nothing was new."""

    version_id: int | None
    proposal_id: int = 0


def _put(
    session: Session, source: Source, actor: Actor, now: datetime, note: str, topics: frozenset[str] | None
) -> _Put:
    try:
        proposal = propose(session, source, actor, now, origin="rest", note=note, topics=topics)
    except NothingNew as same:
        return _Put(same.version_id)
    return _Put(proposal.version_id, proposal.id)


def _source(package: Package, name: str) -> Source:
    stem = _stem(name)
    tables = {_stem(file): content for file, content in package.tables.items()}
    forms = {
        form_id(file, content): content.decode("utf-8-sig", "replace") for file, content in package.forms.items()
    }
    return Source(stem, package.diagrams[name], tables, forms)


def _addressed(source: Source, *, alone: bool) -> Source:
    """Return the source under the id of its process; of several diagrams each keeps the forms it names."""
    definition = compile_definition(source.diagram, source.tables)
    slug = definition.process_id
    if not SLUG.fullmatch(slug):
        raise Invalid(WRONG_ID, id=slug[:100])
    wanted = {node.form for node in definition.nodes.values()}
    forms = {name: text for name, text in source.forms.items() if alone or name in wanted}
    return Source(slug, source.diagram, source.tables, forms)


def _holding(session: Session, version_ids: Sequence[int]) -> int | None:
    """Return the newest deployment of exactly these versions."""
    holding = select(Deployed.deployment_id).where(Deployed.version_id == version_ids[0])
    rows = session.execute(
        select(Deployed.deployment_id, Deployed.version_id)
        .where(Deployed.deployment_id.in_(holding))
        .order_by(Deployed.deployment_id.desc())
    ).all()
    held: dict[int, set[int]] = {}
    for deployment_id, version_id in rows:
        held.setdefault(deployment_id, set()).add(version_id)
    return next((one for one, ids in held.items() if ids == set(version_ids)), None)


def _file(package: Package, diagram: str, told: str) -> str:
    """Return the uploaded name behind the name a problem is told under."""
    if told == f"{_stem(diagram)}.bpmn":
        return diagram
    for file, content in package.forms.items():
        if told == f"{form_id(file, content)}.form":
            return file
    return next((file for file in package.tables if told == f"{_stem(file)}.dmn"), told)


def _stem(name: str) -> str:
    return name[: -len(next(end for end in (*DIAGRAMS, ".dmn", ".form") if name.lower().endswith(end)))]


def form_id(name: str, content: bytes) -> str:
    """Return the id by which nodes name a form: the one written in it, else its file's name."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        return _stem(name)
    wanted = schema.get("id") if isinstance(schema, dict) else None
    return wanted if isinstance(wanted, str) and wanted else _stem(name)
