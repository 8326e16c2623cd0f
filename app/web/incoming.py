"""What arrives, before anybody reads it: signs that no database keeps are left out, numbers stay within its range."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from flask import Flask, Request, abort, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**31 - 1
NOT_FOUND = 404
# NUL, which PostgreSQL refuses, and halves of surrogate pairs, which have no UTF-8
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


class CleanRequest(Request):
    """A request whose texts can be stored on both databases."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Return the query."""
        return _clean_pairs(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _clean_pairs(self.form)

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body as JSON; one nested beyond reason is no JSON."""
        try:
            return _clean(super().get_json(force=force, silent=silent, cache=cache))
        except RecursionError as error:
            return None if silent else self.on_json_loading_failed(ValueError(str(error)))


class IdConverter(IntegerConverter):
    """An id in an address: one that no row can have leads nowhere."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = None) -> None:  # noqa: A002
        super().__init__(map, fixed_digits=fixed_digits, min=min, max=LARGEST_ID if max is None else max)


def install(app: Flask) -> None:
    """Read requests this way; called before any address is added."""
    app.request_class = CleanRequest
    app.url_map.converters["int"] = IdConverter

    @app.before_request
    def _refuse_nul() -> None:
        if "\x00" in request.path:
            abort(NOT_FOUND)


def _clean_pairs(pairs: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict([(_text(name), _text(value)) for name, value in pairs.items(multi=True)])


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_clean(part) for part in value]
    if isinstance(value, dict):
        return {_text(name): _clean(part) for name, part in value.items()}
    return value


def _text(text: str) -> str:
    return _UNKEPT.sub("", text)
