"""Compare two diagrams: what came, what went, what was rewired, which property has another value, what only moved."""

from __future__ import annotations

from collections.abc import Iterator

from app.studio.comparing.change import ADDED, CHANGED, GRAPH, PROPERTIES, REMOVED, Change, Words
from app.studio.comparing.drawing import Drawing, Thing, read_drawing
from app.studio.comparing.words import LABELS, WHO, label_of, subject_of, value_of, who_of

WIRING = frozenset({"source", "target", "attached", "scope", "lane", "tag"})
_ORDER = {key: number for number, key in enumerate(LABELS)}
# what an added step tells of itself; everything else can be read on the diagram
_TOLD = ("who", "p:guanjia.limit", "a:formRef", "a:formKey", "p:guanjia.actions", "p:guanjia.back.to", "a:topic")
_TOLD_OF_FLOWS = ("source", "target", "conditionExpression")
_CONTAINERS = frozenset({"collaboration", "dataObject"})


def compare_diagrams(old: bytes, new: bytes) -> tuple[list[Change], tuple[str, ...]]:
    """Return the differences of two diagrams and the ids of what only lies elsewhere."""
    before, after = read_drawing(old), read_drawing(new)
    changes = [*_gone(before, after), *_come(before, after), *_kept(before, after)]
    ordered = sorted(changes, key=lambda change: change.section != GRAPH)
    touched = {change.element for change in ordered}
    moved = tuple(
        id_ for id_, place in after.places.items() if before.places.get(id_, place) != place and id_ not in touched
    )
    return ordered, moved


def _come(before: Drawing, after: Drawing) -> Iterator[Change]:
    for thing in after.things.values():
        if thing.id not in before.things and thing.tag not in _CONTAINERS:
            yield _whole(thing, after, ADDED)


def _gone(before: Drawing, after: Drawing) -> Iterator[Change]:
    for thing in before.things.values():
        if thing.id not in after.things and thing.tag not in _CONTAINERS:
            yield _whole(thing, before, REMOVED)


def _whole(thing: Thing, drawing: Drawing, how: str) -> Change:
    told = _TOLD_OF_FLOWS if thing.tag == "sequenceFlow" else _TOLD
    facts = ((key, _read(key, thing, drawing)) for key in told)
    details = tuple((label_of(key), value) for key, value in facts if value)
    subject = subject_of(thing, drawing)
    old, new = (None, subject) if how == ADDED else (subject, None)
    return Change(f"node:{thing.id}:{how}", GRAPH, how, subject, "", old, new, thing.id, details=details)


def _kept(before: Drawing, after: Drawing) -> Iterator[Change]:
    for id_, now in after.things.items():
        then = before.things.get(id_)
        if then is not None:
            yield from _differing(then, now, before, after)


def _differing(then: Thing, now: Thing, before: Drawing, after: Drawing) -> Iterator[Change]:
    subject = subject_of(now, after)
    for key in sorted(_keys(then, now), key=lambda key: (_ORDER.get(key, len(_ORDER)), key)):
        old, new = _read(key, then, before), _read(key, now, after)
        if old == new:  # the same words for what is written differently: show what is written
            old, new = _raw(key, then), _raw(key, now)
        section = GRAPH if key in WIRING else PROPERTIES
        yield Change(f"node:{now.id}:{key}", section, CHANGED, subject, label_of(key), old, new, now.id)


def _keys(then: Thing, now: Thing) -> set[str]:
    """Return the facts that differ; who does a step is one fact, however many attributes say it."""
    keys = {key for key in then.facts.keys() | now.facts.keys() if then.facts.get(key) != now.facts.get(key)}
    found = (keys - set(WHO)) | ({"who"} if keys & set(WHO) else set())
    return found | ({"tag"} if then.tag != now.tag else set())


def _read(key: str, thing: Thing, drawing: Drawing) -> Words | None:
    if key == "who":
        return who_of(thing, drawing)
    text = thing.tag if key == "tag" else thing.facts.get(key)
    return value_of(key, text, thing, drawing)


def _raw(key: str, thing: Thing) -> str | None:
    if key == "who":
        return ", ".join(f"{one.removeprefix('a:')}={thing.facts[one]}" for one in WHO if one in thing.facts) or None
    return thing.facts.get(key)
