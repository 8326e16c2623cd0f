"""A compiled form: checked once, kept by the caller, safe in threads, bound anew for every reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from app.formkit.bound import Binding, BoundForm, Posted, Rights, Sheet, is_known, refuse_unknown, reshape
from app.formkit.fields import FilesField
from app.formkit.posted_json import flatten
from app.formkit.read import ReadField, label_of, read_fields
from app.formkit.schema import Scope, read_schema
from app.formkit.sources import Sources

ALL = Rights()
NOTHING = Sources()


@dataclass(frozen=True)
class CompiledForm:
    """A form-js schema ready for use."""

    scope: Scope

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the names of the case's data this form reads or writes, in the order of the page."""
        return tuple(self.scope.leaves)

    @property
    def without_english(self) -> tuple[str, ...]:
        """Return the ids of labelled components that have no English label."""
        return tuple(part.id for part in self.scope.leaves.values() if part.label and not part.label_en)

    def labels(self, locale: str = "zh") -> dict[str, str]:
        """Return the label of every key."""
        return {key: label_of(part, locale) for key, part in self.scope.leaves.items()}

    def form(
        self,
        stored: Mapping[str, Any],
        posted: Posted | None = None,
        *,
        rights: Rights = ALL,
        sources: Sources = NOTHING,
        locale: str = "zh",
        files: MultiDict[str, FileStorage] | None = None,
        ignored: Collection[str] = (),
        draft: bool = False,
    ) -> BoundForm:
        """Bind to the case's data and to what a page posted (None: it is only drawn).

        `ignored` names the page's own controls, such as csrf_token or action. Any other name that this step
        does not ask raises Invalid; with `draft` (a saved draft, perhaps of another version) it is left out.
        """
        reshaped = False
        if posted is not None:
            posted, reshaped = reshape(posted)
            posted = MultiDict([pair for pair in posted.items(multi=True) if pair[0] not in ignored])
            unknown = [name for name in posted if not is_known(self.scope, rights, stored, name)]
            if not draft:
                refuse_unknown(unknown)
            for name in unknown:
                posted.poplist(name)
        bound = BoundForm(
            self._sheet(stored, posted, rights, Binding(sources, locale, self.scope.names)),
            posted,
            files,
            reshaped=reshaped,
        )
        if files is not None:
            names = {part.name for part in bound.sheet.every() if isinstance(part, FilesField)}
            refuse_unknown(
                name for name in files if name not in names and not is_known(self.scope, rights, stored, name)
            )
        return bound

    def form_json(
        self,
        stored: Mapping[str, Any],
        body: object,
        *,
        rights: Rights = ALL,
        sources: Sources = NOTHING,
        locale: str = "zh",
        ignored: Collection[str] = (),
    ) -> BoundForm:
        """Bind to a JSON body: the same form, the same rights. Raise Invalid for names that are not asked.

        Values of a wrong type are told by `validate()` at their field. A key that is absent keeps what is stored.
        """
        flat = flatten(self.scope, rights, stored, body)
        refuse_unknown(name for name in flat.unknown if name not in ignored)
        sheet = self._sheet(stored, flat.posted, rights, Binding(sources, locale, self.scope.names))
        return BoundForm(sheet, flat.posted, problems=flat.problems)

    def _sheet(self, stored: Mapping[str, Any], posted: Posted | None, rights: Rights, binding: Binding) -> Sheet:
        return Sheet(self.scope, "", stored=stored, posted=posted, binding=binding, rights=rights, outer={})

    def read_view(
        self,
        answers: Mapping[str, Any],
        locale: str = "zh",
        sources: Sources = NOTHING,
        hidden: Collection[str] = (),
    ) -> list[ReadField]:
        """Return stored answers with their labels, in the order of the page; keys without answer are left out."""
        shown = {key: value for key, value in answers.items() if key not in hidden}
        return list(read_fields(self.scope, shown, locale, sources))


def compile_form(schema: object) -> CompiledForm:
    """Check a form-js schema and make it usable. Raise FormRefused naming every component that is wrong."""
    return CompiledForm(read_schema(schema))
