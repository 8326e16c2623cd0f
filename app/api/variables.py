"""Typed variables: `{"value": …, "type": …}` in, the answers of a form or the data of a token out, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.api.errors import InvalidRequest
from app.api.shapes import ANYTHING, TEXT, Shape, by_name, maybe, record, result
from app.clock import ZONE
from app.formkit import CompiledForm
from app.formkit.values import decimal_of, is_decimal, number_answer, plain
from app.i18n import N_

INFO: Shape = {"type": "object"}
GIVEN = record("VariableValueDto", value=ANYTHING, type=maybe(TEXT), valueInfo=maybe(INFO))
TOLD = result("VariableDto", value=ANYTHING, type=TEXT, valueInfo=INFO)
GIVEN_VARIABLES, TOLD_VARIABLES = by_name(GIVEN), by_name(TOLD)
INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%f%z"
MAX_TEXT: Final = 1_000_000
MISFIT = N_("变量 %(name)s 的值不是 %(type)s。")
NO_TYPE = N_("变量 %(name)s 的类型 %(type)s 不能用。可以用的有：%(known)s。")
Read = Callable[[Any], Any]


def read_variables(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values by their names as answers are stored; raise InvalidRequest naming a wrong type or value."""
    return {name: _read(name, one) for name, one in (given or {}).items()}


def for_form(form: CompiledForm, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the fields of a form take them: an instant becomes the day or the time of the house's zone."""
    kinds = {key: part.kind for key, part in form.scope.leaves.items()}
    return {name: _for_field(kinds.get(name, ""), value) for name, value in values.items()}


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as answers keep them: JSON, an instant with its offset."""
    return {name: plain(value) for name, value in values.items()}


def tell(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return data as typed variables."""
    return {name: told(value) for name, value in values.items()}


def told(value: Any) -> dict[str, Any]:
    """Return one value with its type."""
    kind, shown = _typed(value)
    return {"value": shown, "type": kind, "valueInfo": {}}


def instant(value: datetime | None) -> str | None:
    """Write an instant as `yyyy-MM-ddTHH:mm:ss.SSS+0000`."""
    if value is None:
        return None
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{value.microsecond // 1000:03d}+0000"


def _read(name: str, one: Mapping[str, Any]) -> Any:
    value = one.get("value")
    kind = one.get("type") or _guessed(value)
    if kind not in READERS:
        raise InvalidRequest(NO_TYPE, name=name[:60], type=str(kind)[:60], known=", ".join(READERS))
    if value is None:
        return None
    try:
        return READERS[kind](value)
    except (ValueError, OverflowError, InvalidOperation, RecursionError) as error:
        raise InvalidRequest(MISFIT, name=name[:60], type=kind) from error


def _guessed(value: Any) -> str:
    """Return the type of a value sent without one."""
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer" if _is_short(value) else "Long"
    guesses: tuple[tuple[type, str], ...] = ((float, "Double"), (str, "String"), (type(None), "Null"))
    return next((kind for one, kind in guesses if isinstance(value, one)), "Object")


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError(value)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 - one kind of error tells the client
    return value


def _whole(bits: int) -> Read:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not -(1 << bits) <= value < 1 << bits:
            raise ValueError(value)
        return value

    return read


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    number = Decimal(repr(value))
    if decimal_of(number) is None:
        raise ValueError(value)
    return number_answer(number)


def _instant(value: Any) -> datetime:
    return datetime.strptime(_text(value), INSTANT)  # noqa: DTZ007 - the pattern demands an offset


def _json(value: Any) -> Any:
    return plain(json.loads(_text(value), parse_constant=_no_number))


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _null(value: Any) -> None:
    raise ValueError(value)


READERS: Mapping[str, Read] = {
    "String": _text,
    "Boolean": _flag,
    "Integer": _whole(31),
    "Long": _whole(63),
    "Double": _number,
    "Date": _instant,
    "Json": _json,
    "Null": _null,
}


def _for_field(kind: str, value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    local = value.astimezone(ZONE)
    written = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%M"}
    return local.strftime(written[kind]) if kind in written else value.isoformat()


def _typed(value: Any) -> tuple[str, Any]:
    if value is None or isinstance(value, bool | int | str):
        return _guessed(value), value
    if isinstance(value, Decimal | float) or is_decimal(value):
        number = decimal_of(value)
        return "Double", None if number is None else float(number)
    if isinstance(value, datetime):
        return "Date", instant(value)
    if isinstance(value, date | time):
        return "String", value.isoformat()
    return "Json", json.dumps(_jsonable(value), ensure_ascii=False, separators=(",", ":"))


def _jsonable(value: Any) -> Any:
    """Return lists and objects as clients read them: numbers as numbers."""
    if isinstance(value, Mapping) and not is_decimal(value):
        return {str(name): _jsonable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    kind, shown = _typed(value)
    return shown if kind != "Json" else None


def _is_short(value: int) -> bool:
    return -(1 << 31) <= value < 1 << 31
