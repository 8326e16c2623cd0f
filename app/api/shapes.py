"""Shapes of JSON, declared once: what requests are checked against and what the OpenAPI document says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = Mapping[str, Any]

NAMED: dict[str, Shape] = {}
TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
INSTANT: Shape = {"type": "string", "format": "date-time", "example": "2026-11-17T09:20:00.000+0000"}
NOTHING: Shape = {"type": "null"}
ANYTHING: Shape = {}
_REFERENCE = "#/components/schemas/"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def record(name: str, required: str = "", /, **members: Shape) -> Shape:
    """Declare an object under a name; `required` lists what must be there, nothing else may be."""
    NAMED[name] = {
        "type": "object",
        "properties": members,
        "required": required.split(),
        "additionalProperties": False,
    }
    return {"$ref": _REFERENCE + name}


def result(name: str, /, **members: Shape) -> Shape:
    """Declare an answer under a name: all its members are always there."""
    return record(name, " ".join(members), **members)


def maybe(shape: Shape) -> Shape:
    """Return the shape that may be null as well."""
    return {"anyOf": [shape, NOTHING]} if "$ref" in shape else {**shape, "type": [shape["type"], "null"]}


def many(shape: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": shape}


def by_name(shape: Shape) -> Shape:
    """Return the shape of an object with free names."""
    return {"type": "object", "additionalProperties": shape}


def one_of(*values: str) -> Shape:
    """Return the shape of a fixed choice of words."""
    return {"type": "string", "enum": list(values)}


def resolved(shape: Shape) -> Shape:
    """Return the shape behind a reference."""
    return NAMED[shape["$ref"].removeprefix(_REFERENCE)] if "$ref" in shape else shape


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield what does not fit as (place, `unknown` | `missing` | `type`)."""
    shape = resolved(shape)
    if "anyOf" in shape:
        found = [list(faults(one, value, path)) for one in shape["anyOf"]]
        yield from min(found, key=len)
    elif not _fits(shape, value):
        yield path, "type"
    elif isinstance(value, dict):
        yield from _member_faults(shape, value, path)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from faults(shape.get("items", ANYTHING), part, f"{path}[{index}]")


def _fits(shape: Shape, value: Any) -> bool:
    wanted = shape.get("type")
    if wanted is None:
        return True
    names = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(value, bool):
        return "boolean" in names
    typed = isinstance(value, tuple(kind for name in names if name != "boolean" for kind in _TYPES[name]))
    return typed and (value is None or "enum" not in shape or value in shape["enum"])


def _member_faults(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    members, others = shape.get("properties", {}), shape.get("additionalProperties", ANYTHING)
    for name in shape.get("required", ()):
        if name not in value:
            yield _at(path, name), "missing"
    for name, part in value.items():
        inner = members.get(name, others)
        if inner is False:
            yield _at(path, name), "unknown"
        else:
            yield from faults(inner, part, _at(path, name))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
