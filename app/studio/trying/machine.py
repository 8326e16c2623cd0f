"""A draft or version ready to be played: compiled with its forms and with the processes it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.engine import Definition, Node, compile_definition, with_called
from app.errors import Invalid
from app.formkit import CompiledForm, FormRefused, compile_form
from app.i18n import N_
from app.processes.source import Source


class Called(Protocol):
    """A published process as the library keeps it."""

    @property
    def definition(self) -> Definition:
        """The compiled diagram."""

    @property
    def forms(self) -> Mapping[str, CompiledForm]:
        """The compiled forms by name."""


@dataclass(frozen=True)
class Machine:
    """What a play runs on; nodes and forms of called processes are among its own."""

    digest: str
    definition: Definition
    forms: Mapping[str, CompiledForm]

    def name_of(self, node_id: str) -> str:
        """Return what people call a node; its id when it has no name or is none of these."""
        node = self.definition.nodes.get(node_id)
        return (node.name if node else "") or node_id

    def form_of(self, node: Node) -> CompiledForm | None:
        """Return the form a node shows, if it shows one."""
        return self.forms.get(node.form or "")

    def drawn_at(self, node_id: str) -> str:
        """Return the node of the process's own diagram in which `node_id` lies: itself, or what calls it."""
        node = self.definition.nodes.get(node_id)
        while node is not None and ":" in node.id:
            scopes = self.definition.called
            slug = next((slug for slug, scope in scopes.items() if node and node.id.startswith(f"{slug}:")), "")
            host = next((one for one in self.definition.nodes.values() if one.calls == slug), None)
            node = host if host is not node else None
        return node.id if node else node_id


def assemble(source: Source, called: Mapping[str, Called] | None = None) -> Machine:
    """Compile a process with its forms; `called` holds the running versions of those it calls.

    Raise DiagramRefused when the diagram cannot run, Invalid naming the first form that cannot be used.
    """
    parts = dict(called or {})
    definition = compile_definition(source.diagram, source.tables)
    if parts:
        definition = with_called(definition, {slug: part.definition for slug, part in parts.items()})
    forms = {f"{slug}:{name}": form for slug, part in parts.items() for name, form in part.forms.items()}
    return Machine(source.digest, definition, {**forms, **_own_forms(source)})


def _own_forms(source: Source) -> dict[str, CompiledForm]:
    found: dict[str, CompiledForm] = {}
    for name, schema in source.schemas().items():
        try:
            found[name] = compile_form(schema)
        except FormRefused as error:
            raise Invalid(N_("表单“%(name)s”还不能用，先改好它再试走：%(why)s"), name=name, why=str(error)) from error
    return found
