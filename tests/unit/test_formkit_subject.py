"""The form widget for what is under review: which content was decided about, and what happens when it changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_babel
import pytest
from flask import Flask
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app import formkit, web
from app.formkit import BoundForm, CompiledForm, FormRefused, Sources, SubjectView, compile_form
from app.web import filters

pytestmark = pytest.mark.usefixtures("app")
OLD, NEW = "5be2d870" * 8, "3f9ca271" * 8
STALE = "您打开以后，稿件改成了第 4 版。您写的意见都在，请看过改动再决定。"
SEEN = {"id": "f1", "type": "textfield", "key": "seen", "label": "审核的内容", "properties": {"widget": "subject"}}
NOTE = {"id": "f2", "type": "textarea", "key": "note", "label": "意见"}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """Put a page around the forms: the product's parts, Chinese, nothing else."""
    app = Flask("forms", template_folder=str(Path(web.__file__).parent / "templates"))
    flask_babel.Babel(app, default_locale="zh")
    app.add_template_global(lambda name: f"/static/{name}", "asset")
    filters.install(app)
    formkit.init_app(app)
    with app.test_request_context():
        yield app


def view(digest: str = NEW, version: int = 4) -> SubjectView:
    """Return a content under review."""
    return SubjectView(version, digest, pane=lambda: Markup("<article>新稿</article>"))


def form() -> CompiledForm:
    """Return a form with a content and an opinion."""
    return compile_form({"type": "default", "components": [SEEN, NOTE]})


def bound(posted: dict[str, str] | None = None, found: SubjectView | None = None, **sources: Any) -> BoundForm:
    """Bind what a page posted; the present content is version 4."""
    asked = Sources(subject=lambda _data: found or view(), **sources)
    return form().form({"subject": "article:12"}, MultiDict(posted) if posted is not None else None, sources=asked)


def test_the_page_posts_the_hash_of_the_content_it_shows() -> None:
    """The hidden control holds the present hash, and the content stands in the form."""
    page = bound().html()
    assert f'<input type="hidden" name="seen" value="{NEW}">' in page
    assert "<article>新稿</article>" in page


def test_the_content_is_found_by_the_data_of_the_step() -> None:
    """The data of the waiting step are handed to whoever knows the content."""
    asked: list[Any] = []
    sources = Sources(subject=lambda data: asked.append(data["subject"]))  # type: ignore[func-returns-value]
    form().form({"subject": "article:12"}, None, sources=sources)
    assert asked == ["article:12"]


def test_a_decision_about_the_present_content_is_taken() -> None:
    """The posted hash is the answer."""
    sent = bound({"seen": NEW, "note": "同意"})
    assert sent.validate()
    assert sent.answers == {"seen": NEW, "note": "同意"}


def test_a_content_that_changed_meanwhile_is_said_and_nothing_typed_is_lost() -> None:
    """The sentence names the version; the new page posts the new hash; the opinion is still there."""
    sent = bound({"seen": OLD, "note": "与原件一致"})
    assert not sent.validate()
    assert sent.errors == {"seen": STALE}
    page = sent.html()
    assert "与原件一致" in page
    assert STALE in page
    assert f'value="{NEW}"' in page
    assert OLD not in page


def test_a_page_with_a_place_of_its_own_draws_the_content_there() -> None:
    """The form then only says for which version the decision holds."""
    sent = bound({"seen": OLD, "note": ""})
    assert sent.reviewed is not None
    assert sent.reviewed.id == "gj-seen"
    assert sent.reviewed.problem == STALE
    page = sent.html(pane="apart")
    assert "<article>" not in page
    assert "您的决定只对第 4 版（3f9ca271）有效" in page
    assert f'value="{NEW}"' in page


def test_a_form_that_is_redrawn_under_an_open_page_keeps_the_hash_of_that_page() -> None:
    """What the reader sees did not change, so what is posted must not either."""
    page = bound({"seen": OLD, "note": "一"}).html(pane="open")
    assert f'value="{OLD}"' in page
    assert NEW not in page


@pytest.mark.parametrize("answers", [{}, {"seen": None}, {"seen": ""}])
def test_a_program_must_say_which_content_it_saw(answers: dict[str, Any]) -> None:
    """Without a hash nothing is taken."""
    sent = form().form_json({}, {"note": "同意", **answers}, sources=Sources(subject=lambda _data: view()))
    assert not sent.validate()
    assert set(sent.errors) == {"seen"}


def test_a_program_passes_the_hash_like_a_page() -> None:
    """The right hash is taken, an old one is refused with the same sentence, another type is none."""
    sources = Sources(subject=lambda _data: view())
    assert form().form_json({}, {"seen": NEW}, sources=sources).validate()
    for wrong, sentence in ((OLD, STALE), (12, "这里要填文字。"), (["x"], "这里要填文字。")):
        sent = form().form_json({}, {"seen": wrong}, sources=sources)
        assert not sent.validate()
        assert sent.errors == {"seen": sentence}


def test_a_content_that_is_gone_is_said() -> None:
    """Nothing can be decided about it."""
    sent = form().form({}, MultiDict({"seen": NEW}), sources=Sources(subject=lambda _data: None))
    assert not sent.validate()
    assert "找不到要审的内容" in sent.errors["seen"]


def test_where_nobody_keeps_contents_the_form_works_without() -> None:
    """In a preview and a try-out the place is only named."""
    sent = form().form({}, MultiDict({"note": "试走"}))
    assert "审核的内容显示在这里。" in sent.html()
    assert sent.validate()
    assert sent.answers == {"seen": None, "note": "试走"}


def test_an_earlier_answer_never_fills_the_hash() -> None:
    """What was seen last round says nothing about what is seen now."""
    again = form().form({"seen": OLD}, None, sources=Sources(subject=lambda _data: view()))
    assert f'value="{NEW}"' in again.html()


def test_a_stored_answer_reads_as_version_and_first_characters() -> None:
    """The number of the version is looked up by its hash; an unknown one shows its characters."""
    known = form().read_view({"seen": NEW}, sources=Sources(seen=lambda digest: 4 if digest == NEW else None))
    assert [str(field.value) for field in known] == ["第 4 版（3f9ca271）"]
    unknown = form().read_view({"seen": NEW})
    assert [str(field.value) for field in unknown] == ["3f9ca271"]


def test_a_typed_hash_is_only_text() -> None:
    """Whatever is posted comes back escaped."""
    page = bound({"seen": '"><script>x()</script>'}).html(pane="open")
    assert "<script>" not in page


def test_the_widget_rides_on_a_text_field_outside_lists_only() -> None:
    """On another kind, or in the rows of a list, the form is refused with a sentence."""
    rows = {"id": "g", "type": "dynamiclist", "path": "rows", "label": "清单", "components": [SEEN]}
    for part in ({**SEEN, "type": "number"}, rows):
        with pytest.raises(FormRefused):
            compile_form({"type": "default", "components": [part]})
