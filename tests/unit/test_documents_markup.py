"""HTML, XML and feeds."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.documents.clean import clean
from quietdesk.documents.html_text import declared_encoding, html_text
from quietdesk.documents.xml_text import XmlHandler, parse, xml_text
from quietdesk.errors import ErrorCode, UserError


def text(markup: str) -> str:
    return clean(html_text(markup).text)


def test_what_a_browser_shows() -> None:
    page = (
        "<html><head><title>Plan</title><meta name=author content='Ann B'><style>p{}</style></head><body><h1>Plan</h1>"
        "<p>One &amp; <b>two</b><br>three</p><script>no()</script><ul><li>a</li><li>b</ul>"
        "<table><tr><td>x</td><td>y</td></tr></table><pre>  keep\n   this</pre><!-- not --></body></html>"
    )
    found = html_text(page)
    assert (found.title, found.author) == ("Plan", "Ann B")
    assert clean(found.text) == "Plan\n\nOne & two\nthree\n\n- a\n- b\n\nx\ty\n\n  keep\n   this"


def test_a_title_that_the_page_does_not_repeat_is_text_too() -> None:
    assert text("<title>Minutes</title><body>We met.") == "Minutes\n\nWe met."
    assert text("<title>Otters return - The Courier</title><body><h1>Otters return</h1>") == "Otters return"


def test_navigation_and_hidden_parts_are_left_out() -> None:
    page = "<body><nav>Home About</nav><div hidden>secret<div>deep</div></div><div style='display: none'>no</div>Yes"
    assert text(page) == "Yes"


def test_an_element_that_is_never_closed_hides_nothing() -> None:
    assert "All the text" in text("<body><nav>menu<p>All the text")


def test_menus_go_where_there_is_other_text() -> None:
    menu = "<ul>" + "".join(f"<li><a href=#>Item {i}</a></li>" for i in range(20)) + "</ul>"
    assert "Item 7" not in text(f"<body>{menu}<p>{'Long story. ' * 300}</p>")
    assert "Item 7" in text(f"<body>{menu}<p>Short.</p>")


def test_comment_that_never_ends_is_quick() -> None:
    assert text("<body>Before" + "<!--" * 100_000) == "Before"


@pytest.mark.parametrize(
    ("head", "declared"),
    [
        (b"<meta charset=Big5>", "Big5"), (b"<META http-equiv=x content='text/html; charset=koi8-r'>", "koi8-r"),
        (b'<?xml version="1.0" encoding="EUC-JP"?>', "EUC-JP"), (b"<p>charset=none</p>", None),
    ],
)  # fmt: skip
def test_declared_encoding(head: bytes, declared: str | None) -> None:
    assert declared_encoding(head) == declared


@given(st.text(alphabet="<>/!-&;\"'= abptdrlinvhue\n", max_size=400))
def test_any_markup_is_survived(markup: str) -> None:
    assert isinstance(html_text(markup).text, str)
    assert isinstance(xml_text(markup).text, str)


def test_feed_gives_titles_and_contents_only() -> None:
    feed = (
        '<?xml version="1.0"?><rss><channel><title>News</title><link>http://x</link><language>en</language>'
        "<item><title>First</title><pubDate>Mon</pubDate>"
        "<description>&lt;p&gt;Some &amp;amp; more&lt;/p&gt;</description><guid>42</guid></item></channel></rss>"
    )
    found = xml_text(feed)
    assert found.title == "News"
    assert found.text.split("\n") == ["News", "First", "Some & more"]


def test_other_xml_gives_all_its_text() -> None:
    assert xml_text("<invoice><id>17</id><total>12.50</total></invoice>").text == "17\n12.50"


def test_broken_xml_is_read_without_its_tags() -> None:
    assert xml_text("<a><b>one</b>&nbsp;<c>two").text.split() == ["one", "two"]


def test_office_xml_with_entities_of_its_own_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with pytest.raises(UserError) as caught:
        parse(io.BytesIO(bomb), XmlHandler())
    assert caught.value.code is ErrorCode.CORRUPT
    assert "aaaa" not in xml_text(bomb.decode()).text.replace('"aaaa"', "")
