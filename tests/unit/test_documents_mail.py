"""Mail files: which part is read, headers, encodings, hostile structures."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietdesk.documents.clean import clean
from quietdesk.documents.mail import read_eml, read_mbox
from quietdesk.errors import ErrorCode, UserError

HEAD = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Test\r\n"


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def test_headers_and_plain_text() -> None:
    message = mail(
        From="Ann <ann@example.org>", To="Bob <bob@example.org>", Cc="c@example.org", Subject="Überweisung fällig",
        Date="Mon, 2 Jun 2025 09:00:00 +0000", Message_ID="<2@example.org>", References="<1@example.org>",
        Reply_To="office@example.org",
    )  # fmt: skip
    message.set_content("Please pay by Friday.")
    message.add_alternative("<p>Please pay by <b>Monday</b>.</p>", subtype="html")
    found = read_eml(message.as_bytes(), "a.eml")
    assert clean(found.text) == "Please pay by Friday."
    assert found.title == "Überweisung fällig"
    assert found.mail is not None
    assert found.mail.sender == "Ann <ann@example.org>"
    assert found.mail.recipients == "Bob <bob@example.org>, c@example.org"
    assert found.mail.subject == "Überweisung fällig"
    assert found.mail.message_id == "<2@example.org>"
    assert (found.mail.references, found.mail.reply_to) == ("<1@example.org>", "office@example.org")


def test_html_where_there_is_nothing_else() -> None:
    message = mail(From="a@example.org", Subject="x")
    message.set_content("<html><body><p>Hello</p><p>there</p></body></html>", subtype="html")
    assert clean(read_eml(message.as_bytes(), "").text) == "Hello\n\nthere"


def test_an_empty_plain_part_does_not_hide_the_html() -> None:
    message = mail(From="a@example.org", Subject="x")
    message.set_content("\n")
    message.add_alternative("<p>The offer</p>", subtype="html")
    assert clean(read_eml(message.as_bytes(), "").text) == "The offer"


def test_attached_mail_is_text_and_attached_files_are_not() -> None:
    inner = mail(From="c@example.org", Subject="Original")
    inner.set_content("The original text.")
    message = mail(From="a@example.org", Subject="Fwd")
    message.set_content("See below.")
    message.add_attachment(inner)
    message.add_attachment("file content", filename="notes.txt")
    found = clean(read_eml(message.as_bytes(), "").text)
    assert "See below." in found
    assert "Subject: Original" in found
    assert "The original text." in found
    assert "file content" not in found


def test_flowed_text_becomes_paragraphs() -> None:
    body = b"One sentence that \r\nwas wrapped.\r\n-- \r\nAnn\r\n"
    data = HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + body
    assert clean(read_eml(data, "").text) == "One sentence that was wrapped.\n--\nAnn"


@pytest.mark.parametrize(
    ("charset", "declared"), [("gb18030", "gb2312"), ("koi8-r", "koi8-r"), ("koi8-r", "x-unknown")]
)
def test_charsets(charset: str, declared: str) -> None:
    text = "Встреча состоится в понедельник." if charset == "koi8-r" else "会议将于周一举行，请准备报告。"
    data = HEAD + f"Content-Type: text/plain; charset={declared}\r\n\r\n".encode() + text.encode(charset)
    assert clean(read_eml(data, "").text) == text


def test_headers_with_raw_bytes_are_guessed() -> None:
    data = b"From: a@example.org\nSubject: " + "Отчёт за понедельник".encode("cp1251") + b"\n\nText"
    assert read_eml(data, "").title == "Отчёт за понедельник"


def test_a_mail_of_a_subject_alone_has_text() -> None:
    assert read_eml(HEAD + b"\r\n", "").text == "Test"


@pytest.mark.parametrize(
    "kind", ['multipart/encrypted; boundary="b"', "application/pkcs7-mime; smime-type=enveloped-data"]
)
def test_encrypted_mail(kind: str) -> None:
    with pytest.raises(UserError) as caught:
        read_eml(HEAD + f"Content-Type: {kind}\r\n\r\nMIAGCSqGSIb3".encode(), "")
    assert caught.value.code is ErrorCode.ENCRYPTED


def test_mailbox_gives_every_message() -> None:
    box = (
        b"From a@example.org Mon Jun  2 09:00:00 2025\nFrom: Ann\nSubject: One\n\nFirst text.\n>From here on.\n\n"
        b"From b@example.org Tue Jun  3 09:00:00 2025\nFrom: Bob\nSubject: Two\n\nSecond text.\n"
    )
    text = clean(read_mbox(box, "a.mbox").text)
    assert text == ("From: Ann\nSubject: One\n\nFirst text.\nFrom here on.\n\nFrom: Bob\nSubject: Two\n\nSecond text.")


def test_mailbox_of_one_message_is_that_message() -> None:
    found = read_mbox(b"From a@example.org Mon Jun  2\nFrom: Ann\nSubject: One\n\nText.\n", "a.mbox")
    assert found.mail is not None
    assert clean(found.text) == "Text."


def test_deeply_nested_parts_end() -> None:
    part = b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
    data = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 200
    assert read_eml(data, "").text == "Test"


@settings(max_examples=60)
@given(st.binary(max_size=600))
def test_any_bytes_after_the_headers(body: bytes) -> None:
    for kind in (b"text/html", b"multipart/mixed; boundary=x", b"message/rfc822", b"text/plain; format=flowed"):
        found = read_eml(HEAD + b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: base64\n\n" + body, "")
        assert found.text
