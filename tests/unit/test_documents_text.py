"""Cleaning, plain formats with a little markup, language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quietdesk.documents import language, plain
from quietdesk.documents.clean import clean, one_line, running_lines, without_running_lines


def test_clean_brings_text_into_one_form() -> None:
    raw = "\ufeffTitle\r\n\r\n\r\n\r\nA\u00a0b\x00\x07 c  \rnext\u2028last\x0cpage\n\n"
    assert clean(raw) == "Title\n\nA b c\nnext\nlast\npage"


def test_clean_keeps_indentation_accents_and_emoji() -> None:
    text = "def f():\n    return 'e\u0301 👩\u200d🚀'"
    assert clean(text) == text


def test_clean_takes_out_what_hides_or_reorders() -> None:
    assert clean("pay\u202e100\u202c \u200b€\u00ad\ud800") == "pay100 €"


@given(st.text(max_size=400))
def test_clean_is_stable(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\x00" not in once
    assert "\n\n\n" not in once
    once.encode("utf-8")


def test_one_line() -> None:
    assert one_line(" a\n\tb\x00 ") == "a b"


def test_page_numbers_and_running_headers_go() -> None:
    pages = [f"Annual report 2024\nText of page {word}.\n{n}" for n, word in enumerate(("one", "two", "three"), 1)]
    assert without_running_lines(pages) == [
        "Annual report 2024\nText of page one.", "Text of page two.", "Text of page three.",
    ]  # fmt: skip


def test_chapter_titles_beside_a_page_number_go() -> None:
    pages = ["Chapter one\t4\nText a", "5\tChapter two\nText b", "Sales\t1200\nText c"]
    assert without_running_lines(pages) == ["Text a", "Text b", "Sales\t1200\nText c"]


def test_numbers_that_do_not_count_pages_stay() -> None:
    pages = ["2023\nGood year", "1984\nBad year", "Sum\n17"]
    assert without_running_lines(pages) == pages


def test_a_page_of_nothing_but_running_text_stays() -> None:
    pages = [f"This is a page. Page {n}." for n in (1, 2, 3)]
    assert without_running_lines(pages) == pages


def test_decorated_page_numbers() -> None:
    assert running_lines([["One", "Page 3 of 10"], ["- 4 -", "Two"], ["Three", "第 5 页"]]) == [{1}, {0}, {1}]


def test_csv_rows_become_lines_with_tabs() -> None:
    assert plain.csv_text('name;note\nAnn;"two\nlines; here"\n') == "name\tnote\nAnn\ttwo lines; here"
    assert plain.csv_text("no table at all") == "no table at all"


def test_subtitles_lose_numbers_times_and_tags() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,500\n<i>We meet</i> at\n\n2\n00:00:03,000 --> 00:00:04,000\nnoon. \n- Good.\n"
    assert plain.subtitles_text(srt) == "We meet at noon.\n- Good."
    vtt = "WEBVTT\n\nNOTE no\n\nid\n00:01.000 --> 00:02.000 align:start\n今日は\n\n00:03.000 --> 00:04.000\n晴れです。"
    assert plain.subtitles_text(vtt) == "今日は晴れです。"


def test_markdown_loses_its_marks() -> None:
    text = (
        "---\ntitle: 'The plan'\n---\n# Heading #\n\nSome **bold** and *thin* [link](http://x.y/z_(a)) and `code`.\n"
        "> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = **kwargs\n```\n"
        "<!-- gone -->2 * 3 * 4, snake_case_name"
    )
    marked = plain.markdown_text(text)
    assert marked.title == "The plan"
    assert marked.text.split("\n") == [
        "Heading", "", "Some bold and thin link and code.", "quoted", "", "a\tb", "1\t2", "", "x = **kwargs",
        "2 * 3 * 4, snake_case_name",
    ]  # fmt: skip


def test_latex_is_read_as_text() -> None:
    source = (
        "\\documentclass{article}\\title{On \\emph{Cats}}\\author{Z\\'oe M\\\"uller}% not this\n\\begin{document}\n"
        "\\maketitle\\section{First}\\label{a} A ``good'' start~\\cite{x}, 5\\% more.\n\\begin{itemize}\\item one"
        "\\item two\\end{itemize}\n\\end{document} gone"
    )
    marked = plain.latex_text(source)
    assert (marked.title, marked.author) == ("On Cats", "Zóe Müller")
    for piece in ("First", "A “good” start", "5% more", "- one", "- two"):
        assert piece in " ".join(marked.text.split())
    assert not any(piece in marked.text for piece in ("gone", "not this", "\\", "label", "cite"))


@given(st.text(alphabet="#*_`[]()|\\{}$&~'\"%-> \nabcé<!:.,0123", max_size=300))
def test_markup_of_any_kind_is_survived(text: str) -> None:
    for function in (plain.markdown_text, plain.latex_text, plain.csv_text, plain.subtitles_text):
        assert function(text) is not None


def test_languages() -> None:
    samples = {
        "en": "The meeting is on Monday and we will send the report to all of you by then.",
        "de": "Die Sitzung ist am Montag und wir werden den Bericht bis dahin an alle senden, die nicht da sind.",
        "fr": "La réunion est le lundi et nous vous enverrons le rapport dans les jours qui suivent, pour tous.",
        "es": "La reunión es el lunes y los informes se envían a todos los que no estén en la oficina.",
        "pt": "A reunião é na segunda e os relatórios não foram enviados para todos os que estão em casa.",
        "it": "La riunione è di lunedì e il rapporto non è per tutti quelli che sono in ufficio con noi.",
        "ru": "Встреча состоится в понедельник, отчёт будет отправлен всем.",
        "zh": "会议将于周一举行，报告将发送给所有人。",
        "ja": "会議は月曜日に行われます。",
        "ko": "회의는 월요일에 열립니다.",
        "ar": "سيعقد الاجتماع يوم الاثنين.",
    }
    assert {code: language.detect(text) for code, text in samples.items()} == {code: code for code in samples}


def test_language_of_too_little_text_is_not_told() -> None:
    assert language.detect("") is None
    assert language.detect("4711 / 12") is None
    assert language.detect("SKU-8847 A-12 450") is None
