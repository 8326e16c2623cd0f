"""Mark sentences for translation in code that knows no request.

The Chinese sentence is the message id; `app/translations/en` holds the English one. A sentence may have values
that are words themselves: what `N_` marked, a `Listed` row of them, or another error. Whoever shows the sentence
translates those with it (`app.web.i18n.gettext`); formatted here they read Chinese.
"""

from __future__ import annotations

from typing import Any


class Sentence(str):
    """A sentence or word of the catalogue."""

    __slots__ = ()


class Listed(tuple[Any, ...]):
    """Names or words in a row, joined as the reader's language does."""

    __slots__ = ()

    def __str__(self) -> str:
        return "、".join(map(str, self))


def N_(message: str) -> str:  # noqa: N802 - the customary name of a translation marker
    """Return `message`, known as a sentence of the catalogue; the extractor finds it here."""
    return Sentence(message)
