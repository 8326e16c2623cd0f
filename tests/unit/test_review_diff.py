"""The comparison of two contents: what it marks, that nothing gets lost in it, and that it is safe and bounded."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from app.review.diff import show, visual_diff
from app.review.subjects import Attached, Content


def content(html: str, title: str = "稿件", **more: object) -> Content:
    """Return a content with this text."""
    return Content(title=title, html=html, **more)  # type: ignore[arg-type]


def words(page: str, without: str = "") -> str:
    """Return the words of a page, without white space and without what stands in marks of one kind."""
    tree = lxml_html.fragment_fromstring(page, create_parent="div")
    for mark in tree.iter(without) if without else ():
        for part in [mark, *mark.iterdescendants()]:
            part.text = None
            if part is not mark:
                part.tail = None
    return re.sub(r"\s+", "", "".join(tree.itertext()))


def assert_both_read(old: Content, new: Content) -> None:
    """The result without what went is the new content, without what came the old one."""
    page = str(visual_diff(old, new).html)
    assert words(page, "del") == words(str(show(new)))
    # facts and files are in the order of the new content; what went comes last
    assert sorted(words(page, "ins")) == sorted(words(str(show(old))))


def test_changed_words_are_marked_and_counted() -> None:
    """A date that changed shows as one change, the words around it stay."""
    diff = visual_diff(content("<p>自 2026 年起施行。</p>"), content("<p>自 2027 年起施行。</p>"))
    assert ">2026</del>" in diff.html
    assert ">2027</ins>" in diff.html
    assert diff.changes == 1
    assert words(str(diff.html), "del") == "稿件自2027年起施行。"
    assert words(str(diff.html), "ins") == "稿件自2026年起施行。"


def test_changes_a_few_letters_apart_are_one() -> None:
    """A date or a figure of speech that changed is read as a whole; a comma keeps two changes apart."""
    diff = visual_diff(
        content("<p>自 2026 年 12 月 1 日起，半数以上同意。</p>"),
        content("<p>自 2027 年 1 月 1 日起，过半数同意。</p>"),
    )
    assert ">2026 年 12</del>" in diff.html
    assert ">2027 年 1</ins>" in diff.html
    assert ">半数以上</del>" in diff.html
    assert ">过半数</ins>" in diff.html
    assert diff.changes == 2


def test_nothing_changed_marks_nothing() -> None:
    """The same content twice has no marks and counts nothing."""
    same = content("<p>一</p><ul><li>二</li></ul>", facts=(("栏目", "要闻"),))
    diff = visual_diff(same, same)
    assert (diff.inserted, diff.deleted, diff.changes) == (0, 0, 0)
    assert "<ins" not in diff.html
    assert "<del" not in diff.html


def test_a_link_that_points_elsewhere_is_a_change() -> None:
    """The same words under another address are marked: the reader could not see it otherwise."""
    diff = visual_diff(content('<p>见<a href="/a">原文</a>。</p>'), content('<p>见<a href="/b">原文</a>。</p>'))
    assert diff.changes == 1
    assert 'href="/a"' in diff.html
    assert 'href="/b"' in diff.html


def test_a_cell_of_a_table_is_compared_by_itself() -> None:
    """One figure changed in a table leaves the other cells unmarked."""
    old = "<table><tbody><tr><td>房屋</td><td>12 套</td></tr><tr><td>车位</td><td>3 个</td></tr></tbody></table>"
    diff = visual_diff(content(old), content(old.replace("12 套", "15 套")))
    assert diff.changes == 1
    assert (diff.inserted, diff.deleted) == (2, 2)


def test_a_row_and_an_item_that_came_are_marked_inside() -> None:
    """Marks stand where HTML allows them, so that the browser does not move them out of the table."""
    page = "<table><tbody><tr><td>甲</td></tr>{}</tbody></table><ul><li>一</li>{}</ul>"
    old, new = page.format("", ""), page.format("<tr><td>乙乙乙</td></tr>", "<li>二二二</li>")
    page = str(visual_diff(content(old), content(new)).html)
    assert re.search(r'<td data-op="ins"><ins data-change="\d">乙乙乙</ins></td>', page)
    assert re.search(r'<li data-op="ins"><ins data-change="\d">二二二</ins></li>', page)
    assert_both_read(content(old), content(new))


def test_pictures_and_files_that_came_went_or_were_replaced_are_marked() -> None:
    """A picture is compared by its address, a file by its fingerprint."""
    old = content(
        '<figure><img src="/content/media/1" alt="旧"></figure>',
        files=(Attached("规范.pdf", "a" * 64, 100), Attached("旧表.xlsx", "b" * 64, 5)),
    )
    new = content(
        '<figure><img src="/content/media/2" alt="新"></figure>',
        files=(Attached("规范.pdf", "c" * 64, 100), Attached("新表.xlsx", "d" * 64, 5)),
    )
    page = str(visual_diff(old, new).html)
    assert re.search(r'<del data-change="\d"><img src="/content/media/1" alt="旧"></del>', page)
    assert re.search(r'<ins data-change="\d"><img src="/content/media/2" alt="新"></ins>', page)
    assert re.search(r"<del[^>]*>旧表.xlsx</del>", page)
    assert re.search(r"<ins[^>]*>新表.xlsx</ins>", page)
    assert re.search(r"<li>规范.pdf <del", page)


def test_title_and_facts_are_compared() -> None:
    """A changed title, a changed fact, a fact that came and one that went are marked."""
    old = content("", title="关于放假的通知", facts=(("栏目", "通知"), ("文号", "临政〔2026〕1 号")))
    new = content("", title="关于调休的通知", facts=(("栏目", "公告"), ("作者", "江晚舟")))
    diff = visual_diff(old, new)
    assert words(str(diff.html), "del") == "关于调休的通知栏目公告作者江晚舟"
    assert diff.changes >= 4
    assert_both_read(old, new)


BAD = (
    '<p onclick="x()">一</p>',
    "<script>x()</script>",
    '<p style="position:fixed">一</p>',
    '<img src="https://elsewhere.example/p.png" onerror="x()">',
    '<a href="javascript:x()">一</a>',
    '<p class="gj-bar align-center">一</p>',
    '<ins data-change="9" onmouseover="x()">一</ins>',
    "<iframe src=/></iframe><svg><script>x()</script></svg>",
    '<p data-op="del">一</p>',
    "<table><tr><td><form action=/x><input name=seen>",
    "&lt;script&gt;x()&lt;/script&gt;",
    "<p title='\"><script>x()</script>'>一</p>",
)


def test_stored_scripts_do_not_come_through() -> None:
    """Whatever was stored, old or new, the page holds text and our marks only."""
    for bad in BAD:
        for page in (
            visual_diff(content(bad), content("<p>二</p>")).html,
            visual_diff(content("<p>二</p>"), content(bad)).html,
            show(content(bad)),
        ):
            tree = lxml_html.fragment_fromstring(str(page), create_parent="div")
            assert not tree.xpath("//script|//iframe|//form|//input|//svg|//*[@style]|//*[@onclick]|//*[@onerror]")
            assert not tree.xpath('//*[starts-with(@href, "javascript")]|//*[starts-with(@src, "http")]')
            assert not tree.xpath('//*[contains(@class, "gj-bar")]')


def test_titles_and_names_are_text() -> None:
    """Tags typed into a title, a fact or a file's name are shown, not obeyed."""
    evil = "<b onclick=x()>题</b>"
    new = content("", title=evil, facts=((evil, evil),), files=(Attached(evil, "a" * 64, 1, "javascript:x()"),))
    for page in (visual_diff(content(""), new).html, visual_diff(new, content("")).html, show(new)):
        assert "<b" not in page
        assert "javascript:x" not in str(page)


INLINE = st.sampled_from(
    ["{}", "<strong>{}</strong>", '<a href="/x">{}</a>', "<em>{}<u>尾</u></em>", "{}<br>", "<s>{}</s>"]
)
LETTERS = st.text(alphabet="一二三四五六abc，。 <&\U000f0001\u00a0", max_size=12)
PHRASE = st.builds(lambda shape, text: shape.format(text.replace("&", "&amp;").replace("<", "&lt;")), INLINE, LETTERS)
LEAF = st.lists(PHRASE, max_size=3).map("".join)
BLOCK = st.one_of(
    LEAF,
    LEAF.map("<p>{}</p>".format),
    LEAF.map('<p class="align-center">{}</p>'.format),
    LEAF.map("<h3>{}</h3>".format),
    st.lists(LEAF, max_size=3).map(lambda items: "<ul>" + "".join(f"<li>{one}</li>" for one in items) + "</ul>"),
    st.lists(LEAF, max_size=4).map(
        lambda cells: (
            "<table><tbody>" + "".join(f"<tr><td>{one}</td><td>数</td></tr>" for one in cells) + "</tbody></table>"
        )
    ),
    LEAF.map("<blockquote><p>{}</p>末</blockquote>".format),
    LEAF.map("<ul><li>{}<ol><li>内</li></ol></li></ul>".format),
    LEAF.map('<figure><img src="/content/media/7" alt=""><figcaption>{}</figcaption></figure>'.format),
)
HTML = st.lists(BLOCK, max_size=6).map("".join)


@given(old=HTML, new=HTML, titles=st.tuples(LETTERS, LETTERS))
@settings(max_examples=150, deadline=None)
def test_any_two_texts_can_be_read_out_of_their_comparison(old: str, new: str, titles: tuple[str, str]) -> None:
    """Without del it is the new text, without ins the old one, letter by letter."""
    before, after = content(old, titles[0]), content(new, titles[1])
    diff = visual_diff(before, after)
    page = str(diff.html)
    assert words(page, "del") == words(str(show(after)))
    assert words(page, "ins") == words(str(show(before)))
    numbers = {int(number) for number in re.findall(r'data-change="(\d+)"', page)}
    assert numbers <= set(range(1, diff.changes + 1))
    if words(str(show(before))) != words(str(show(after))):
        assert diff.changes


@given(shared=st.lists(BLOCK, min_size=1, max_size=5), extra=BLOCK, place=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_one_block_more_marks_nothing_as_gone(shared: list[str], extra: str, place: int) -> None:
    """A block put in between leaves the others unmarked."""
    old = "".join(f"<p>第{i}段</p>{one}" for i, one in enumerate(shared))
    blocks = [f"<p>第{i}段</p>{one}" for i, one in enumerate(shared)]
    blocks.insert(min(place, len(blocks)), f"<p>插入：</p>{extra}<p>插入完</p>")
    diff = visual_diff(content(old), content("".join(blocks)))
    assert words(str(diff.html), "ins") == words(str(show(content(old))))


def test_a_very_long_article_is_compared_within_bounds() -> None:
    """Five megabytes with every paragraph changed: whole paragraphs are marked, and that is said."""
    paragraph = "住宅专项维修资金的使用应当由专有部分面积占比三分之二以上的业主参与表决。" * 8
    old = "".join(f"<p>{number} {paragraph}</p>" for number in range(6_000))
    assert len(old.encode()) > 5_000_000
    diff = visual_diff(content(old), content(old.replace("三分之二", "四分之三")))
    assert diff.coarse
    assert words(str(diff.html), "del").count("四分之三") == 6_000 * 8


def test_one_word_in_a_very_long_article_is_found_exactly() -> None:
    """A change in a long article costs what the change costs, and is marked to the letter."""
    old = "".join(f"<p>第 {number} 段，内容各不相同。</p>" for number in range(60_000))
    diff = visual_diff(content(old), content(old.replace("第 31415 段", "第 31416 段之前")))
    assert not diff.coarse
    assert diff.changes <= 2
    assert diff.inserted <= 10
