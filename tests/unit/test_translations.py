"""Every sentence is marked and has its English; nothing a person reads is left out of the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask import Flask
from jinja2 import Environment, nodes

from app.errors import Invalid
from app.i18n import N_, Listed
from app.web.i18n import gettext, pgettext

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
ENGLISH = APP / "translations" / "en" / "LC_MESSAGES" / "messages.po"
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\w+\}")
MARKERS = frozenset({"N_", "_", "gettext", "pgettext", "ngettext", "lazy_gettext"})
PYTHON = sorted(path for path in APP.rglob("*.py") if path.relative_to(APP).parts[0] not in {"demo", "migrations"})
TEMPLATES = sorted(APP.rglob("templates/**/*.html"))

# English may name what is typed in Chinese: the wording of limits that forms accept.
TYPED = ("分钟", "工作小时", "工作日", "小时")

# Chinese literals that are no sentences of a page: module, the literals (a regular expression), why.
PLAIN = {
    "i18n.py": ("、", "how a list reads in Chinese; pages join it themselves"),
    "birth.py": (".+", "names stored in a new database, and what the console says while it is made"),
    "boards/ledger.py": ("回执", "the word people type in front of a receipt code"),
    "content/checks/dates.py": (".+", "days and weekdays as an article writes them, quoted to its author"),
    "content/checks/leaders.py": (".+", "signs between names in an article"),
    "content/checks/links.py": (".+", "signs that cannot stand in an address"),
    "content/checks/signs.py": (".+", "the signs that are checked"),
    "content/checks/words.py": (".+", "how marks of classification are written"),
    "content/operations/faults.py": ("[（）、；]", "joins names in what a case keeps"),
    "content/operations/terms.py": ("词", "the head of a table that people import"),
    "content/queries/trace.py": (" ｜ ", "stands between the names of files"),
    "content/views/terms.py": ("词|建议|程度|说明|依据", "the head of a table that people import"),
    "content/sites/comparing.py": ("“.+", "shapes of quotes that read the same"),
    "deadlines/operations/calendars.py": ("默认工作日历", "the stored name of the first calendar"),
    "deadlines/rules.py": (".+", "the words a typed limit, a period of the day or a holiday table may use"),
    "dispatch/handlers.py": ("余项：", "the title of a new case, stored as written"),
    "emergency/drafting.py": ("(?s).+", "the text of a report to those above, Chinese whoever reads the page"),
    "emergency/operations/duty.py": ("账号|姓名|账号或姓名", "the head of a table that people import"),
    "engine/dmn.py": ("；", "joins the author's own notes on a decision table"),
    "engine/repairs/asking.py": ("、", "joins field names of the owner's drawing"),
    "engine/repairs/branches.py": ("[、：（）]", "joins labels of the owner's drawing, as they are stored"),
    "engine/repairs/structure.py": ("、", "joins names of the owner's drawing"),
    "engine/repairs/timers.py": (".+", "units of time as foreign drawings write them"),
    "engine/specs/base.py": ("、", "joins names of flows in a stored result"),
    "expressions/functions/__init__.py": ("count.+", "an example that stands in the page of functions"),
    "people/forms.py": (r"[\\[(.、．].*", "what people may type between numbers, posts and clauses"),
    "people/operations/accounts.py": (r"\[0-9.*", "brackets people type in telephone numbers"),
    "people/operations/resolving.py": (".+", "the rule in Chinese; the same rule stands beside it in English"),
    "people/queries.py": ("\u3000", "indentation of a tree"),
    "people/rules.py": (r".*(分钟|小时|工作日).*", "limits as they are typed and stored"),
    "people/views/people.py": ("、", "joins posts in the field where they are typed"),
    "work/pages/records.py": ("、", "stands between the names of flows in a stored result"),
    "processes/deployments.py": ("、", "joins numbers in the answer to a program"),
    "studio/comparing/tables.py": ("[，、]", "joins the owner's own cells and numbers"),
    "studio/known.py": ("、", "joins names of the owner's steps"),
    "studio/operations/forming.py": ("第一项", "the label of a new form's first field, stored as written"),
    "studio/operations/library.py": (r"(?s)<\?xml.+", "the first diagram of a new process, stored as written"),
    "studio/operations/tabling.py": (r"(?s)<\?xml.+", "the first rules of a new table, stored as written"),
    "studio/operations/uploads.py": ("、", "joins names of uploaded files"),
    "studio/flows_taken.py": ("、", "joins names of the owner's steps"),
    "studio/replay.py": ("、", "joins names of people"),
    "studio/views/trying_scene.py": ("？？ |：|[？：?: ]+", "takes a sentence apart at its colon"),
    "review/diff_text.py": (".+", "signs at which a text may be taken apart"),
    "runner/serving.py": (".+", "what the console says"),
    "web/errors.py": ("[。.(].*", "where the first sentence ends"),
    "work/operations/remarks.py": ("%\u3000", "sets a percentage apart in a stored remark"),
    "work/operations/transcribing.py": ("1 工作日", "a limit as it is typed"),
    "work/rules.py": ("提交", "the verb of a step without actions; its English stands beside it"),
}
NO_EXCEPTION = ("(?!)", "")


@cache
def catalogue() -> Catalog:
    """Return the English catalogue."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def sentences() -> list[Message]:
    """Return every sentence of the catalogue."""
    return [message for message in catalogue() if message.id]


@cache
def extracted() -> tuple[tuple[str, str | None, str], ...]:
    """Return file, context and id of every sentence the product marks, found as `make messages` finds them."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {**DEFAULT_KEYWORDS, "_": None, "N_": None, "lazy_gettext": None}
    found = extract_from_dir(str(APP), methods, options, keywords=keywords)
    return tuple(
        (name, context, ids if isinstance(ids, str) else ids[0]) for name, _line, ids, _notes, context in found
    )


def test_every_sentence_has_its_english() -> None:
    """What the code marks is in the catalogue, with English beside it."""
    found = [(name, id_) for name, context, id_ in extracted() if not _english(id_, context)]
    assert not found


def test_the_catalogue_holds_nothing_else() -> None:
    """A sentence that was taken out of the code is taken out of the catalogue."""
    marked = {(context, id_) for _name, context, id_ in extracted()}
    assert not [message.id for message in sentences() if (message.context, message.id) not in marked]
    assert not catalogue().obsolete


def test_no_translation_is_a_guess() -> None:
    """Nothing is marked fuzzy: a person has read every English sentence."""
    assert not [message.id for message in sentences() if message.fuzzy]


def test_both_sentences_take_the_same_values() -> None:
    """A value in the Chinese sentence stands in the English one, and no other does."""
    differing = [
        message.id
        for message in sentences()
        if sorted(PLACE.findall(str(message.id))) != sorted(PLACE.findall(str(message.string)))
    ]
    assert not differing


def test_no_sentence_has_a_lone_percent_sign() -> None:
    """Templates fill in every sentence, even without values, so a percent sign would stop the page."""
    sides = [str(side) for message in sentences() for side in (message.id, message.string)]
    assert not [text for text in sides if "%" in PLACE.sub("", text)]


def test_english_sentences_are_english() -> None:
    """No Chinese in an English sentence, but for words that are typed in Chinese; no exclamation mark."""
    odd = [
        message.string
        for message in sentences()
        if CHINESE.search(_without(str(message.string), TYPED)) or "!" in str(message.string)
    ]
    assert not odd


def test_no_unmarked_chinese_in_a_template() -> None:
    """Text, attributes and strings in expressions go through `_`; only the switch to Chinese is written in it."""
    found = [
        (path.name, line, text)
        for path in TEMPLATES
        for line, text in _texts_of_template(path)
        if CHINESE.search(_without(text, ('lang="zh-CN">中文<',)))
    ]
    assert not found


def test_no_unmarked_chinese_in_the_code() -> None:
    """A Chinese literal is marked, documents something, or is named above as no sentence of a page."""
    found = [
        (name, line, text)
        for name in (path.relative_to(APP).as_posix() for path in PYTHON)
        for line, text in _unmarked(name)
        if not re.fullmatch(PLAIN.get(name, NO_EXCEPTION)[0], text)
    ]
    assert not found


def test_no_exception_outlives_its_reason() -> None:
    """Every module named above still has a Chinese literal that needs naming."""
    assert not [name for name in PLAIN if not list(_unmarked(name))]


def test_words_inside_a_sentence_are_translated_with_it(app: Flask) -> None:
    """A marked word, a list of them and an error inside another one are read in the reader's language."""
    refusal = N_("“%(role)s”只能给%(kinds)s的人。")
    values: dict[str, Any] = {"role": N_("督办"), "kinds": Listed((N_("部门"), N_("外包单位")))}
    with app.app_context(), app.test_request_context(headers={"Cookie": "lang=en"}):
        assert gettext(refusal, **values) == "“Supervisor” is only for people of: Department, Vendor."
        inner = Invalid(N_("最多 %(most)s 行。"), most=3)
        assert gettext("“%(text)s”：%(why)s", text="督办", why=inner) == "“督办”: At most 3 rows."
        assert pgettext("who", "发起") == "Started by"
    with app.app_context(), app.test_request_context():
        assert gettext(refusal, **values) == "“督办”只能给部门、外包单位的人。"
    assert str(Invalid(refusal, **values)) == "“督办”只能给部门、外包单位的人。"


def _english(sentence: str, context: str | None) -> str:
    message = catalogue().get(sentence, context)
    return str(message.string) if message and message.string else ""


def _texts_of_template(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of everything a template writes itself."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(path.read_text("utf-8"))
    marked = {
        id(argument)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in MARKERS
        for argument in call.args
    }
    yield from ((one.lineno, one.data) for one in tree.find_all(nodes.TemplateData))
    yield from ((one.lineno, str(one.value)) for one in tree.find_all(nodes.Const) if id(one) not in marked)


def _unmarked(name: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every Chinese literal of a module that no marker takes."""
    tree = ast.parse((APP / name).read_text("utf-8"))
    left_out = {id(one) for one in (*_marked(tree), *_documenting(tree))}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in left_out:
            yield from ((one.lineno, one.value) for _ in CHINESE.findall(one.value)[:1])


def _without(text: str, words: tuple[str, ...]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def _marked(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the arguments of every marker."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Call) and _called(one.func) in MARKERS:
            yield from one.args


def _called(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _documenting(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield texts that stand alone: docstrings."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
            yield one.value
