"""Text of unknown encoding: marks, declarations, and the likeliest encoding."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.documents.text_encoding import decode, looks_binary

TEXTS = {
    "ru": "Просим оплатить счёт до конца месяца; сумма составляет тысячу рублей. С уважением, Иван Петров.",
    "uk": "Шановні колеги, запрошуємо вас на зустріч, яка відбудеться у понеділок. Дякуємо за підтримку.",
    "fr": "Les pièces ont été expédiées hier et devraient arriver à votre adresse. Le délai est dépassé.",
    "de": "Für die Übersendung der Unterlagen möchten wir uns bedanken. Mit freundlichen Grüßen, Jürgen Müller",
    "es": "El próximo año la compañía abrirá una fábrica en España. ¿Podría enviarnos más información?",
    "pt": "A reunião não será realizada amanhã. A decisão dependerá da aprovação do orçamento.",
    "cs": "Příští týden proběhne schůzka všech zaměstnanců. Děkujeme, že jste přišli včas.",
    "pl": "W przyszłym tygodniu odbędzie się spotkanie wszystkich pracowników. Dziękujemy za współpracę.",
    "tr": "Gelecek hafta bütün çalışanlar için bir toplantı yapılacaktır. İşbirliğiniz için teşekkür ederiz.",
    "el": "Την επόμενη εβδομάδα θα πραγματοποιηθεί συνάντηση όλων των εργαζομένων. Ευχαριστούμε πολύ.",
    "he": "בשבוע הבא תתקיים פגישה של כל העובדים. תודה רבה על שיתוף הפעולה.",
    "ar": "سيعقد اجتماع لجميع الموظفين في الأسبوع المقبل. شكرا لكم على تعاونكم المستمر مع الإدارة.",
    "zh": "下周一上午十点将召开全体员工大会，请各部门准备好工作报告，并于周五之前发送给办公室。\n",
    "tw": "下週一上午十點將召開全體員工大會，請各部門準備好工作報告，並於週五之前發送給辦公室。\n",
    "ja": "来週の月曜日に会議を行います。各部署の担当者は報告書を準備して、金曜日までに送ってください。\n",
    "names": "名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪\n髙橋淳,35,名古屋\n",
    "ko": "다음 주 월요일에 전체 직원 회의가 열립니다. 협조해 주셔서 감사합니다.\n",
    "en": "We’re pleased to confirm the order – it’s on its way. “Thank you,” she said… It costs £5.",
}
WRITTEN = [
    ("ru", "cp1251"), ("ru", "koi8-r"), ("ru", "cp866"), ("ru", "utf-16-le"), ("ru", "utf-16-be"), ("ru", "utf-32-le"),
    ("uk", "cp1251"), ("uk", "koi8-u"), ("fr", "cp1252"), ("fr", "latin-1"), ("fr", "cp850"), ("de", "cp1252"),
    ("de", "mac_roman"), ("es", "cp1252"), ("pt", "latin-1"), ("cs", "cp1250"), ("cs", "iso8859_2"), ("pl", "cp1250"),
    ("pl", "iso8859_2"), ("tr", "cp1254"), ("el", "cp1253"), ("he", "cp1255"), ("ar", "cp1256"), ("zh", "gb18030"),
    ("zh", "gb2312"), ("zh", "hz"), ("zh", "utf-16-le"), ("zh", "utf-32-be"), ("tw", "big5"), ("tw", "gb18030"),
    ("ja", "cp932"), ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("ja", "utf-16-be"), ("names", "cp932"), ("ko", "cp949"),
    ("ko", "euc_kr"), ("ko", "iso2022_kr"), ("en", "cp1252"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "encoding"), WRITTEN)
def test_encoding_is_found_without_a_hint(language: str, encoding: str) -> None:
    assert decode(TEXTS[language].encode(encoding)) == TEXTS[language]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("language", ["ru", "zh", "ja", "en"])
def test_marks_decide_and_are_no_part_of_the_text(language: str, encoding: str) -> None:
    assert decode(TEXTS[language].encode(encoding)) == TEXTS[language]


def test_what_comes_after_a_long_english_header_counts() -> None:
    text = "This is the header of an electronic text.\n" * 2000 + TEXTS["ja"] * 3
    assert decode(text.encode("cp932")) == text


def test_declared_encoding_is_believed_where_it_fits() -> None:
    assert decode("Ä".encode("latin-1"), "iso-8859-1") == "Ä"
    assert decode("Привет".encode("iso8859_5"), "iso-8859-5") == "Привет"
    assert decode(TEXTS["zh"].encode("gb18030"), "gb2312") == TEXTS["zh"]
    assert decode("髙橋".encode("cp932"), "Shift_JIS") == "髙橋"


@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "no-such-encoding", "base64", "rot13", "", "\0", "x" * 5000])
def test_a_wrong_or_foolish_declaration_does_no_harm(declared: str) -> None:
    assert decode(TEXTS["ru"].encode("cp1251"), declared) == TEXTS["ru"] or declared == "us-ascii"


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    data = bytearray((TEXTS["zh"] * 20).encode("utf-8"))
    data[100] = 0xFF
    text = decode(bytes(data))
    assert text.count("\ufffd") <= 3
    assert text.endswith(TEXTS["zh"])


def test_binary_is_told_from_text() -> None:
    assert looks_binary(bytes(range(256)) * 20)
    assert looks_binary(bytes(5000))
    assert not looks_binary(TEXTS["ja"].encode("utf-16"))
    assert not looks_binary(TEXTS["ja"].encode("utf-16-le"))
    assert not looks_binary(TEXTS["ja"].encode("iso2022_jp"))
    assert not looks_binary(b"plain\ttext\r\n\x0cpage two")


@given(st.binary(max_size=3000))
def test_any_bytes_become_text(data: bytes) -> None:
    assert isinstance(decode(data), str)
    assert isinstance(looks_binary(data), bool)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0xFFFF), max_size=500))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    encoded = text.encode("utf-8")
    if not any(encoded.startswith(mark) for mark in (codecs.BOM_UTF8, b"~{")):
        assert "~{" in text or decode(encoded) == text
