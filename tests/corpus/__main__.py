"""`make corpus DIR=…`: check, import and run every diagram of a folder; print how far each folder gets."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.engine import (
    DiagramRefused,
    Known,
    OpenNode,
    Problem,
    Repair,
    apply_repairs,
    check,
    compile_definition,
    find_repairs,
)
from app.formkit import compile_form
from app.processes.asked import forms_of
from tests.processes.walker import Answer, Walk, generated

ENDINGS = (".bpmn", ".bpmn20.xml", ".xml")
COLUMNS = ("files", "readable", "clean", "imported", "ended")
ANSWERED = "exception"


@dataclass
class Tally:
    """What became of the files of one folder."""

    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def main(folder: Path) -> int:
    """Go through all files below `folder` and return 1 when one of them was answered with an exception."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for file in sorted(one for one in folder.rglob("*") if one.name.endswith(ENDINGS)):
        name = str(file.parent.relative_to(folder))
        look(file, tallies[name])
    show(tallies)
    return 1 if any(ANSWERED in tally.counts for tally in tallies.values()) else 0


def look(file: Path, tally: Tally) -> None:
    """Check, repair and run one file, and count how far it got."""
    tally.counts["files"] += 1
    try:
        for stage, problem in stages(file.read_bytes(), tally):
            tally.counts[stage] += not problem
            if problem:
                tally.reasons[problem].append(file.name)
    except Exception as error:  # noqa: BLE001 - that none escapes is what is looked for
        tally.counts[ANSWERED] += 1
        tally.reasons[f"{ANSWERED}: {type(error).__name__}: {error}"].append(file.name)


def stages(xml: bytes, tally: Tally) -> Iterator[tuple[str, str]]:
    """Yield each stage a file reaches, and why it does not get past it."""
    known = Known(topics=())
    try:
        repairs = find_repairs(xml, known)
    except DiagramRefused as refused:
        yield "readable", f"unreadable: {refused.problems[0].rule}"
        return
    yield "readable", ""
    tally.counts["clean"] += not errors_of(xml, {})
    tally.rules.update({one.rule for one in repairs})
    repaired = apply_repairs(xml, None, known)
    left = errors_of(repaired, forms_of(repairs))
    yield "imported", f"left: {left[0].rule}" if left else ""
    if not left:
        walk = Walk(compile_definition(repaired)).go(answered(repairs))
        incident = next((f"incident: {one}" for one in walk.incidents), "")
        yield "ended", walk.stuck or incident


def errors_of(xml: bytes, forms: Mapping[str, str]) -> list[Problem]:
    """Return what refuses a publication."""
    schemas = {name: json.loads(text) for name, text in forms.items()}
    for schema in schemas.values():
        compile_form(schema)
    return [one for one in check(xml, {}, schemas, ()) if one.severity == "error"]


def answered(repairs: Iterable[Repair]) -> Answer:
    """Return who answers: with the actions of a step, and with a value for each field an import made for it."""
    fields: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in repairs:
        fields[one.element or ""] += one.values.get("asked", ())

    def answer(node: OpenNode, walk: Walk) -> dict[str, Any]:
        asked = {one["key"]: _value(one, walk.passed[node.node]) for one in fields[node.node]}
        return {**asked, **generated(node, walk)}

    return answer


def _value(field: Mapping[str, Any], turn: int) -> Any:
    choices = field["choices"] or [field["key"]]
    values = {
        "yes_no": turn % 2 == 0,
        "number": turn * 1000,
        "date": "2026-03-03",
        "person": 7,
        "people": [7, 8],
        "choice": choices[turn % len(choices)],
    }
    return values.get(field["kind"], "…")


def show(tallies: dict[str, Tally]) -> None:
    """Print one row for each folder, the repairs by rule, and what stopped the rest."""
    print(f"{'folder':<24}" + "".join(f"{column:>10}" for column in COLUMNS))
    whole = sum((tally.counts for tally in tallies.values()), Counter())
    for name, counts in [*((name, tally.counts) for name, tally in tallies.items()), ("all", whole)]:
        print(f"{name:<24}" + "".join(f"{counts[column]:>10}" for column in COLUMNS))
    rules = sum((tally.rules for tally in tallies.values()), Counter())
    print("\nrepairs (files): " + ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    for name, tally in tallies.items():
        for reason, files in sorted(tally.reasons.items(), key=lambda one: -len(one[1])):
            print(f"{name}: {len(files)} × {reason}: {', '.join(files[:8])}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
