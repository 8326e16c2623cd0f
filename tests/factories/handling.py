"""Answers that a step's form asks for, made from the form itself: what people hand in while they repair."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FORMS = Path(__file__).resolve().parents[2] / "forms"
AT = "2026-11-17T09:40:00+08:00"


def answers_for(slug: str, form: str, files: Sequence[int] = (), **more: Any) -> dict[str, Any]:
    """Return every needed answer of a form: the first choice, a sentence, an instant, a number, the given files."""
    schema = json.loads((FORMS / slug / f"{form}.form").read_text("utf-8"))
    needed = (one for one in _parts(schema["components"]) if one.get("validate", {}).get("required"))
    return {**{one["key"]: _answer(one, files) for one in needed}, **more}


def _parts(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield from _parts(one["components"]) if one["type"] == "group" else iter([one])


def _answer(part: dict[str, Any], files: Sequence[int]) -> Any:
    kind = part["type"]
    if kind in {"radio", "select"}:
        return part["values"][0]["value"]
    if kind == "datetime":
        return AT
    if kind == "filepicker":
        return list(files)
    return 1 if kind == "number" else part.get("label", "已办")
