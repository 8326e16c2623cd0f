"""Forms for the values that an imported diagram reads and its first owner asked for elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.engine import Repair
from app.i18n import N_

SCHEMA_VERSION = 16
_TYPES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "yes_no": ("radio", {}),
    "choice": ("radio", {}),
    "number": ("number", {}),
    "date": ("datetime", {}),
    "person": ("select", {"widget": "person"}),
    "people": ("taglist", {"widget": "person"}),
    "text": ("textfield", {}),
}
_YES_NO = (
    {"value": True, "label": N_("是"), "label.en": "Yes"},
    {"value": False, "label": N_("否"), "label.en": "No"},
)


def forms_of(repairs: Iterable[Repair]) -> dict[str, str]:
    """Return the forms, as JSON texts by id, that ask what these repairs found missing."""
    fields: dict[str, list[Any]] = {}
    for one in repairs:
        if "asked" in one.values:
            fields.setdefault(str(one.values["form"]), []).extend(one.values["asked"])
    return {form: _form(form, asked) for form, asked in fields.items()}


def _form(form: str, asked: Iterable[Mapping[str, Any]]) -> str:
    unique = {one["key"]: one for one in asked}
    parts = [_component(one) for one in unique.values()]
    schema = {"schemaVersion": SCHEMA_VERSION, "type": "default", "id": form, "components": parts}
    return json.dumps(schema, ensure_ascii=False, indent=2)


def _option(value: str) -> dict[str, str]:
    """Return one choice; `other` stands for everything that no expression asks for."""
    other = {"value": value, "label": N_("其他"), "label.en": "Other"}
    return other if value == "other" else {"value": value, "label": value}


def _component(field: Mapping[str, Any]) -> dict[str, Any]:
    kind, properties = _TYPES[field["kind"]]
    values = list(_YES_NO) if field["kind"] == "yes_no" else [_option(one) for one in field["choices"]]
    return {
        "id": field["key"],
        "type": kind,
        "key": field["key"],
        "label": field["label"],
        **({"values": values} if values else {}),
        "validate": {"required": True},
        "properties": {"label.en": field["label"], **properties},
    }
