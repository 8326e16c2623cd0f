"""Rules whose address builders are compiled when an address is first written, not all at the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """Werkzeug compiles two functions per rule as it is added: a third of a second for our addresses.

    Most are never used by a process; equal rules of several applications in one process share theirs.
    """

    _builders: ClassVar[dict[tuple[Any, ...], Builder]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        """Return a function that is compiled when it is first called; the binding passes the rule itself."""
        if self.defaults or self.subdomain or self.host:  # none of ours has; then the text is not the whole key
            return super()._compile_builder(append_unknown)
        key = (self.rule, self.merge_slashes, append_unknown)
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if key not in self._builders:
                self._builders[key] = compiled(append_unknown)
            return self._builders[key](rule, **values)

        return build
