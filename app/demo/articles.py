"""What the city publishes: columns of its sites, articles in all states, and those on somebody's desk now."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.content.operations.columns import ColumnFacts, create_column
from app.content.operations.sites import set_publishing
from app.content.operations.terms import save_leader
from app.demo.city import DEPARTMENTS
from app.demo.correction import corrected
from app.demo.lives import Beat, play
from app.demo.newsroom import Piece
from app.demo.stage import SEED, Life, Stage
from app.demo.texts import article_texts

COLUMNS: Final = (
    ("gzdt", "工作动态", "Work news", "news", 14),
    ("tzgg", "通知公告", "Notices", "notice", 30),
    ("zcwj", "政策文件", "Policy documents", "policy", 180),
    ("zcjd", "政策解读", "Interpretations", "interpretation", None),
    ("hygq", "回应关切", "Responses", "response", 60),
)
# what a topic site has beside its portal: short lists that nobody has to fill by a day
TOPIC_COLUMNS: Final = (
    ("ztdt", "专题动态", "Topic news", "news", None),
    ("blxz", "办理须知", "How to apply", "notice", None),
)
TOPIC_KINDS: Final = frozenset(kind for _slug, _name, _name_en, kind, _days in TOPIC_COLUMNS)
THIRD: Final = ("policy", "response", "interpretation", "response", "policy")
MODES: Final[Mapping[str, tuple[str, str]]] = {
    "audit": ("package", "none"),
    "statistics": ("package", "none"),
    "veterans": ("outside", "none"),
    "medical": ("outside", "none"),
}
LEADERS: Final = (("方既白", "网站管理办公室主任"), ("祁云阶", "网站管理办公室副主任"), ("许听澜", "市住建局科长"))
FIELDS: Final = ("title", "summary", "body", "document_number")
LEVELS: Final = ("review_1", "review_2", "secrecy", "review_3")
# what comes word for word from above skips the second level
REPRINT_LEVELS: Final = ("review_1", "secrecy", "review_3")
REPRINTED_FROM: Final = 3
OLDEST, NEWEST = 200.0, 8.0
# the share of decisions taken without reading
SKIMMED: Final = 0.06
# how an article ends or where it stands, and how many of a hundred do
ENDS: Final = (
    *(("read", 77), ("review_1", 3), ("review_2", 2), ("secrecy", 2), ("review_3", 2), ("publish", 2)),
    *(("returned", 2), ("draft", 4), ("rejected", 3), ("down", 2), ("post_read", 1)),
)


def newsroom_lives(stage: Stage) -> list[tuple[datetime, Life]]:
    """Open the columns, and return the lives of all articles with the instants they begin."""
    columns = _open_columns(stage)
    # dice of its own: what is written about tasks stays what it is
    texts = Texts(random.Random(SEED))  # noqa: S311 - a story, not a secret
    lives = [_life(stage, texts, piece) for piece in _pieces(stage, texts, columns)]
    return [*lives, *_stories(stage, columns)]


def _open_columns(stage: Stage) -> dict[tuple[str, str], int]:
    """Open the columns of all sites, say how sites are published, and who the leaders are.

    Columns of a department's portal are found by the department, those of its topic sites by a number after it.
    """
    found: dict[tuple[str, str], int] = {}
    office = stage.viewer("office")
    with stage.act() as session:
        for unit, *_ in DEPARTMENTS:
            mode, route = MODES.get(unit, ("own", "preview"))
            for folder, site_id in zip(_folders(stage, unit), stage.site_ids[unit], strict=True):
                values = {"mode": mode, "folder": folder, "route": route, "title": "", "footer": ""}
                set_publishing(session, office, site_id, values, None, stage.now)
                for slug, name, name_en, kind, days in COLUMNS if folder == unit else TOPIC_COLUMNS:
                    owner = stage.unit_ids[unit]
                    facts = ColumnFacts(
                        name=name, slug=slug, kind=kind, name_en=name_en, owner_id=owner, update_days=days
                    )
                    found[folder, kind] = create_column(session, office, site_id, facts, stage.now).id
        for place, (name, title) in enumerate(LEADERS, 1):
            save_leader(session, office, name, title, place, stage.now)
    return found


def _folders(stage: Stage, unit: str) -> list[str]:
    """Return the folders a department's sites are published in: the portal's first."""
    return [unit, *(f"{unit}-{number}" for number in range(2, len(stage.site_ids[unit]) + 1))]


# Texts


@dataclass
class Texts:
    """Makes articles out of the written sentences; no two are alike."""

    random: random.Random

    def __post_init__(self) -> None:
        self.data = article_texts()
        self._count = 0

    def fields(self, name: str, matter: str, kind: str) -> dict[str, Any]:
        """Return the fields of an article about a matter."""
        self._count += 1
        parts, draw = self.data[kind], self.random
        slots = {"unit": name, "matter": matter, "place": draw.choice(self.data["words"]["places"])}
        slots |= {"n": str(draw.randint(12, 480)), "m": str(draw.randint(2, 11)), "day": self._day()}
        lines = [draw.choice(parts["first"]), *draw.sample(parts["second"], len(parts["second"])), *parts["last"][:1]]
        if kind in ("policy", "interpretation"):
            lines = [parts["first"][0], *parts["second"], parts["last"][0]]
        fields: dict[str, Any] = {
            "title": draw.choice(parts["titles"]).format(**slots),
            "summary": draw.choice(parts["summaries"]).format(**slots),
            "body": "".join(f"<p>{line.format(**slots)}</p>" for line in lines),
        }
        if kind == "policy":
            fields["document_number"] = f"临{name[1:3]}发〔2026〕{self._count}号"
        return fields

    def _day(self) -> str:
        return f"{self.random.randint(1, 28)} 日"

    def deal(self, pack: str) -> str:
        """Return one of the sentences of a pack."""
        return str(self.random.choice(self.data["words"][pack]))


def _pieces(stage: Stage, texts: Texts, columns: Mapping[tuple[str, str], int]) -> Iterator[Piece]:
    for unit, name, *_ in DEPARTMENTS:
        for number, matter in enumerate(texts.data["matters"][unit]):
            for kind in ("news", "notice", THIRD[number]):
                fields = texts.fields(name, matter, kind)
                if kind == "notice" and number >= REPRINTED_FROM:
                    fields |= {"source": "市政府网", "reprint": True}
                folders = _folders(stage, unit)
                folder = folders[number % len(folders)] if kind in TOPIC_KINDS else unit
                yield Piece(stage, unit, columns[folder, kind], kind, fields)


# Lives


def _life(stage: Stage, texts: Texts, piece: Piece) -> tuple[datetime, Life]:
    """Return the life of an article, and when it begins."""
    names, weights = zip(*ENDS, strict=True)
    end = texts.random.choices(names, weights)[0]
    beats = list(_beats(texts, piece, end))
    is_over = end in {"read", "rejected", "down"}
    age = texts.random.uniform(NEWEST, OLDEST) if is_over else texts.random.uniform(0.3, 3.2)
    age += texts.random.uniform(5, 90) if end == "draft" else 0
    return stage.ago(age + sum(beat.hours for beat in beats)), play(stage, beats)


def _beats(texts: Texts, piece: Piece, end: str) -> Iterator[Beat]:
    draw = texts.random
    yield Beat(0.0, piece.write)
    if end == "draft":
        return
    yield Beat(draw.uniform(0.2, 3.0), piece.hand_in)
    yield from _returned(texts, piece)
    if end in {"returned", "rejected"}:
        decision, pack = ("return", "returns") if end == "returned" else ("reject", "rejects")
        yield from _decided(texts, piece, "review_1", decision, texts.deal(pack))
        return
    levels = REPRINT_LEVELS if piece.fields.get("reprint") else LEVELS
    for level in levels:
        if end == level:
            return
        yield from _decided(texts, piece, level)
    if end == "publish":
        return
    yield Beat(draw.uniform(0.1, 2.0), piece.publish)
    yield from _after(texts, piece, end)


def _returned(texts: Texts, piece: Piece) -> Iterator[Beat]:
    """One in four is returned once and handed in again; one in ten is changed after its first pass."""
    share = texts.random.random()
    if share < 0.25:  # noqa: PLR2004
        yield from _decided(texts, piece, "review_1", "return", texts.deal("returns"))
        yield Beat(texts.random.uniform(0.5, 4.0), _mended(piece, "已按意见改好。"))
    elif share < 0.35:  # noqa: PLR2004
        yield from _decided(texts, piece, "review_1")
        yield Beat(texts.random.uniform(0.2, 1.0), _mended(piece, "补一句办理地点。"))


def _mended(piece: Piece, note: str) -> Callable[[], None]:
    def act() -> None:
        piece.change(body=piece.fields["body"] + "<p>办理情况可以在本栏目查询。</p>")
        piece.hand_in(note)

    return act


def _decided(texts: Texts, piece: Piece, level: str, decision: str = "pass", opinion: str = "") -> Iterator[Beat]:
    """Open and decide: most read for minutes, a few pass without reading."""
    draw = texts.random
    minutes = draw.uniform(0.4, 4.5) if draw.random() > SKIMMED else draw.uniform(0.07, 0.15)
    reading = timedelta(seconds=round(60 * minutes))
    hours = draw.uniform(0.1, 1.6) + minutes / 60
    yield Beat(hours, lambda: piece.decide(level, decision, opinion, reading))


def _after(texts: Texts, piece: Piece, end: str) -> Iterator[Beat]:
    """Yield what follows publication: the check where no way leads there, a second pair of eyes."""
    draw = texts.random
    if MODES.get(piece.unit, ("", ""))[1] == "none":
        yield Beat(draw.uniform(0.5, 1.5), piece.check_by_hand)
    if piece.kind == "policy":
        yield Beat(draw.uniform(0.3, 4.0), piece.needs_no_interpretation)
    if end == "post_read":
        return
    yield Beat(draw.uniform(0.5, 5.0), piece.post_read)
    if end == "down":
        yield Beat(draw.uniform(1.0, 6.0), lambda: piece.take_down(texts.deal("downs")))


# Articles on somebody's desk now


def _stories(stage: Stage, columns: Mapping[tuple[str, str], int]) -> list[tuple[datetime, Life]]:
    """Return the written stories: each stands at the desk of one of the people on the sign-in page."""
    written = article_texts()["stories"]
    makers = (_at_author, _at_first, _at_second, _at_secrecy, _at_third, _at_publisher, _reported)
    found = []
    for maker in makers:
        piece = _written(stage, columns, written[maker.__name__.removeprefix("_at_").removeprefix("_")])
        found.append((stage.at(3, 8, 35), maker(piece)))
    told = written["corrected"]
    piece = _written(stage, columns, told)
    return [*found, (stage.at(24, 8, 35), corrected(piece, told["statements"], told["decision"]))]


def _written(stage: Stage, columns: Mapping[tuple[str, str], int], story: Mapping[str, Any]) -> Piece:
    fields = {name: value for name, value in story.items() if name in FIELDS}
    kind = story["kind"]
    return Piece(stage, "housing", columns["housing", kind], kind, fields)


def _passed(piece: Piece, level: str, begin: datetime, minutes: int) -> Life:
    yield begin
    piece.open(level)
    yield begin + timedelta(minutes=minutes)
    piece.decide(level)


def _begun(piece: Piece, begin: datetime) -> Life:
    yield begin
    piece.write()
    yield begin + timedelta(minutes=26)
    piece.hand_in()


def _at_author(piece: Piece) -> Life:
    """Play one that the second level returned; the author has to mend it."""
    at = piece.stage.at
    yield from _begun(piece, at(1, 9, 6))
    yield from _passed(piece, "review_1", at(1, 10, 15), 9)
    yield at(1, 15, 40)
    piece.open("review_2")
    yield at(1, 15, 58)
    piece.decide("review_2", "return", "公告里写五个工作日，附表写七天，以哪个为准？改好再送。")


def _at_first(piece: Piece) -> Life:
    """Play one handed in this morning."""
    yield from _begun(piece, piece.stage.at(0, 8, 50))


def _at_second(piece: Piece) -> Life:
    """Play one changed after its first pass, which ended that: passed anew, the second level sees the change."""
    at = piece.stage.at
    yield from _begun(piece, at(1, 14, 10))
    yield from _passed(piece, "review_1", at(1, 15, 20), 7)
    yield at(1, 16, 45)
    piece.change(body=piece.fields["body"].replace("检查工地 36 个", "检查工地 63 个"))
    piece.hand_in("工地数写颠倒了，应为 63 个。")
    yield from _passed(piece, "review_1", at(0, 8, 40), 5)


def _at_secrecy(piece: Piece) -> Life:
    """Play one passed twice; the secrecy reviewer has it."""
    at = piece.stage.at
    yield from _begun(piece, at(1, 10, 2))
    yield from _passed(piece, "review_1", at(1, 11, 5), 8)
    yield from _passed(piece, "review_2", at(1, 16, 30), 12)


def _at_third(piece: Piece) -> Life:
    """Play a policy document up to its signature."""
    yield from _at_secrecy(piece)
    yield from _passed(piece, "secrecy", piece.stage.at(0, 9, 2), 14)


def _at_publisher(piece: Piece) -> Life:
    """Play one signed on the telephone this morning and written down by the desk; the publisher has it."""
    yield from _at_third(piece)
    yield piece.stage.at(0, 9, 48)
    piece.dictate("review_3")


def _reported(piece: Piece) -> Life:
    """Play one published three days ago; this morning a reader found a wrong number."""
    at = piece.stage.at
    yield from _begun(piece, at(3, 8, 40))
    for level, hour in zip(LEVELS, (10, 11, 14, 15), strict=True):
        yield from _passed(piece, level, at(3, hour, 12), 8)
    yield at(3, 16, 30)
    piece.publish()
    yield at(2, 10, 5)
    piece.post_read()
    yield at(0, 9, 33)
    piece.report("共 412 户", "我数了附表，一共 421 户。")
