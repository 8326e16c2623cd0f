"""The checks of a text while it is written: what they find, where, how grave; what they leave alone."""

from __future__ import annotations

import pytest

from app.content.checks import BLOCK, WARN, Checked, Found, Leading, Word, build_lists, check_text

LISTS = build_lists(
    [
        Word("wrong", "布署", BLOCK, "部署"),
        Word("wrong", "截止目前", WARN, "截至目前"),
        Word("sensitive", "拉动内需工程", BLOCK, note="旧称，已停用"),
        Word("secret", "内部资料", BLOCK),
    ],
    [Leading("方既白", "市长", 1), Leading("祁云阶", "副市长", 2), Leading("孟清晏", "秘书长", 3)],
)
WHOLE = {"title": "关于汛期安全的通知", "source": "市水利局", "summary": "汛期将至。"}


def found(body: str, **facts: object) -> list[Found]:
    """Check a body that is otherwise in order."""
    return check_text(Checked(**{**WHOLE, "body": body, **facts}), LISTS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "rule", "text", "level"),
    [
        ("<p>请尽快布署。</p>", "wrong", "布署", BLOCK),
        ("<p>截止目前共有三处。</p>", "wrong", "截止目前", WARN),
        ("<p>拉动内需工程</p>", "sensitive", "拉动内需工程", BLOCK),
        ("<p>秘密★10年</p>", "secret", "秘密★10年", BLOCK),
        ("<p>机密 ★ 长期</p>", "secret", "机密 ★ 长期", BLOCK),
        ("<p>内部资料，注意保存</p>", "secret", "内部资料", BLOCK),
        ("<p>市长方继白到场。</p>", "leader", "方继白", BLOCK),
        ("<p>市长祁云阶到场。</p>", "leader", "祁云阶", WARN),
        ("<p>祁云阶、方既白到场。</p>", "leader", "祁云阶、方既白", WARN),
        ("<p>号码是11010519491231002X。</p>", "personal", "110***********002X", BLOCK),
        ("<p>请拨13812345678。</p>", "personal", "138****5678", WARN),
        ("<p>2026年2月30日起施行。</p>", "date", "2026年2月30日", BLOCK),
        ("<p>2026年11月22日（星期一）开会</p>", "date", "2026年11月22日（星期一", WARN),
        ('<p><a href="">附件</a></p>', "link", "附件", BLOCK),
        ('<p><a href="http://192.168.1.5/a.doc">表格</a></p>', "link", "表格", BLOCK),
        ('<p><a href="http://localhost/a">表格</a></p>', "link", "表格", BLOCK),
        ('<p><a href="C:\\a.doc">表格</a></p>', "link", "表格", BLOCK),
        ('<p><a href="http://a，b.cn/">表格</a></p>', "link", "表格", WARN),
        ('<p><img src="/content/media/9" alt="坝"></p>', "link", "坝", BLOCK),
    ],
)
def test_a_fault_is_named_with_its_words_and_its_weight(body: str, rule: str, text: str, level: str) -> None:
    """Every rule finds its own fault and nothing else is said about the text."""
    [one] = found(body, known_media=frozenset({1}))
    assert (one.rule, one.text, one.level) == (rule, text, level)
    assert "%(" not in one.sentence


@pytest.mark.parametrize(
    "body",
    [
        "<p>部署工作。截至目前共三处。</p>",
        "<p>市长方既白、副市长祁云阶到场。</p>",
        "<p>编号 110105194912310021，电话 0571-88001234。</p>",
        "<p>身份证号110***********002X。</p>",
        "<p>2026年11月22日（星期日）起，2024年2月29日止。</p>",
        '<p><a href="https://www.example.cn/a?b=1#c">原文</a><a href="/notice/">更多</a></p>',
        "<p>《办法》（以下简称“办法”）自公布之日起施行……</p>",
    ],
)
def test_a_text_in_order_is_left_alone(body: str) -> None:
    """Nothing is said about what is right."""
    assert found(body) == []


def test_of_overlapping_words_the_longest_counts() -> None:
    """A short word inside a longer one of the list is not found a second time."""
    lists = build_lists([Word("wrong", "布署", BLOCK, "部署"), Word("wrong", "布署工做", BLOCK, "部署工作")], [])
    [one] = check_text(Checked(**WHOLE, body="<p>布署工做</p>"), lists)
    assert one.text == "布署工做"


def test_words_do_not_run_together_across_blocks_but_do_inside_marks() -> None:
    """A word split by bold type is found; two paragraphs do not make a word."""
    assert [one.text for one in found("<p>请<strong>布</strong>署</p>")] == ["布署"]
    assert found("<p>分布</p><p>署名</p>") == []


def test_the_place_of_a_finding_counts_the_plain_words() -> None:
    """The offset leads to the words."""
    text = Checked(**WHOLE, body="<h2>一、总体</h2><p>请尽快<em>布署</em>。</p>")
    [one] = check_text(text, LISTS)
    assert text.words[one.offset : one.offset + len(one.text)] == "布署"


def test_what_an_article_must_carry() -> None:
    """Title, source, document number and words for pictures block; a missing summary is only said."""
    bare = Checked(title="", body="<p>正文正文正文正文正文正文正文正文正文正文正文</p>", kind="policy",
                   files=({"kind": "picture", "name": "坝.jpg", "alt": " "},))  # fmt: skip
    levels = {(one.field, one.level) for one in check_text(bare, LISTS)}
    assert levels == {("title", BLOCK), ("source", BLOCK), ("meta", BLOCK), ("body", BLOCK), ("summary", WARN)}


def test_a_text_that_is_there_already_is_said() -> None:
    """The same title warns, the same words block."""
    twice = found("<p>照旧。</p>", same_title="旧通知", same_words="旧通知")
    assert [(one.rule, one.level) for one in twice] == [("duplicate", BLOCK), ("duplicate", WARN)]


@pytest.mark.parametrize(
    "body", ["<p>《办法自今日起施行</p>", "<p>你好,世界</p>", "<p>完成。，继续</p>", "<p>）</p>"]
)
def test_slips_of_punctuation_are_said_and_never_block(body: str) -> None:
    """Signs alone never stop an article."""
    assert [(one.rule, one.level) for one in found(body)] == [("sign", WARN)]
