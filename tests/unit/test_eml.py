"""Mail files: what is written comes back when a mail program parses it, and no header can be smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.draft.eml import DOMAIN, Outgoing, build, reply_subject
from quietdesk.tools.draft.received import ReceivedMail

ORIGINAL = ReceivedMail(
    sender="Rosalind Quill <r.quill@example.org>",
    subject="RE: Re: Your talk",
    body="Does 14:30 suit you?",
    quoted="Does 14:30 suit you?\n> earlier words\n",
    date="Tue, 8 Sep 2026 09:14:22 +0100",
    message_id="<fair-1@example.org>",
    references="<fair-0@example.org>",
)
HEADERS = {"subject", "from", "to", "date", "message-id", "x-unsent", "in-reply-to", "references", "content-type",
           "content-transfer-encoding", "mime-version"}  # fmt: skip
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body_of(message: EmailMessage) -> str:
    content = message.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_new_letter() -> None:
    date = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    message = parsed(build(Outgoing("Fähre ab 09:15", "Hello Åsa,\n\nThe ferry leaves at 09:15.\n\nBest,\nJörg",
                                    "Jörg Weiß <j.weiss@example.com>", "asa@example.net", date=date)))  # fmt: skip
    assert message["Subject"] == "Fähre ab 09:15"
    assert message["From"].addresses[0].addr_spec == "j.weiss@example.com"
    assert message["From"].addresses[0].display_name == "Jörg Weiß"
    assert message["To"].addresses[0].addr_spec == "asa@example.net"
    assert message["X-Unsent"] == "1"
    assert message["Date"].datetime == date
    assert message["Message-ID"].endswith(f"@{DOMAIN}>")
    assert "In-Reply-To" not in message
    assert body_of(message) == "Hello Åsa,\n\nThe ferry leaves at 09:15.\n\nBest,\nJörg\n"


def test_names_without_addresses() -> None:
    message = parsed(build(Outgoing("Hi", "Text", "Priya Raman, Sales", "Mr. O'Brien (landlord)")))
    assert "Priya Raman" in str(message["From"])
    assert "O'Brien" in str(message["To"])
    assert not message["To"].addresses


def test_without_people() -> None:
    message = parsed(build(Outgoing("Hi", "Text")))
    assert "From" not in message
    assert "To" not in message


def test_reply() -> None:
    message = parsed(build(Outgoing("Your talk", "Dear Rosalind,\n\n14:30 is fine.", "Dario", original=ORIGINAL)))
    assert message["Subject"] == "Re: Your talk"
    assert message["To"].addresses[0].addr_spec == "r.quill@example.org"
    assert message["In-Reply-To"] == "<fair-1@example.org>"
    assert message["References"] == "<fair-0@example.org> <fair-1@example.org>"
    assert body_of(message).endswith(
        "14:30 is fine.\n\nTue, 8 Sep 2026 09:14:22 +0100, Rosalind Quill <r.quill@example.org>:\n"
        "> Does 14:30 suit you?\n>> earlier words\n"
    )


def test_reply_goes_to_the_reply_address() -> None:
    original = ReceivedMail("a@example.org", "Hi", "Text", reply_to="list@example.org")
    assert parsed(build(Outgoing("Hi", "Yes.", original=original)))["To"].addresses[0].addr_spec == "list@example.org"


def test_long_thread_is_bounded() -> None:
    references = " ".join(f"<m{number}@example.org>" for number in range(300))
    original = ReceivedMail(
        "a@example.org", "Hi", "Text", "x" * 500_000, message_id="<last@example.org>", references=references
    )
    data = build(Outgoing("Hi", "Yes.", original=original))
    kept = parsed(data)["References"].split()
    assert (kept[0], kept[-1]) == ("<m0@example.org>", "<last@example.org>")
    assert len(kept) <= 20
    assert len(data) < 60_000


def test_reply_mark_once() -> None:
    assert reply_subject("Re: RE: AW: Quote") == "Re: Quote"
    assert reply_subject("回复：报价") == "Re: 报价"
    assert reply_subject("Recipe") == "Re: Recipe"


def test_header_injection() -> None:
    evil = "Anna\r\nBcc: thief@example.org\r\n\r\nmore"
    original = ReceivedMail(evil, evil, "Text", "Text", evil, "<a@b>\r\nBcc: x@y.example", evil, evil)
    for mail in (Outgoing(evil, "Text", evil, evil), Outgoing(evil, "Text", evil, evil, original)):
        message = parsed(build(mail))
        assert "Bcc" not in message
        assert {name.lower() for name in message} <= HEADERS


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_anything_survives(subject: str, text: str, sender: str, recipient: str) -> None:
    message = parsed(build(Outgoing(subject, text, sender, recipient)))
    assert {name.lower() for name in message} <= HEADERS
    wanted = "".join(char for char in text if char.isalnum())
    assert "".join(char for char in body_of(message) if char.isalnum()) == wanted


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=200))
def test_text_and_subject_come_back(text: str) -> None:
    message = parsed(build(Outgoing(text, text)))
    assert body_of(message) == text.rstrip("\n") + "\n"
    assert str(message["Subject"]).split() == "".join(c if c.isprintable() else " " for c in text).split()


@given(ANY_TEXT, ANY_TEXT)
def test_any_mail_can_be_answered(header: str, quoted: str) -> None:
    original = ReceivedMail(header, header, quoted, quoted, header, header, header, header)
    message = parsed(build(Outgoing("Hi", "Yes.", original=original)))
    assert {name.lower() for name in message} <= HEADERS
    assert body_of(message).startswith("Yes.\n")
