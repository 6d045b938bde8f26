"""The parts of a letter, its fixed words, its subject, the received mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.documents.document import Document, MailHeaders
from quietdesk.engine.messages import Sampling
from quietdesk.tools.draft import compose
from quietdesk.tools.draft.compose import Piece
from quietdesk.tools.draft.letter import (
    LONGEST_SUBJECT,
    TONES,
    Phrases,
    has_placeholder,
    salutation_name,
    shortened,
)
from quietdesk.tools.draft.note_check import NoteCheck
from quietdesk.tools.draft.note_language import language_of
from quietdesk.tools.draft.notes import parse_notes
from quietdesk.tools.draft.person import People
from quietdesk.tools.draft.prompts import AdapterPrompts, ChatPrompts, Correspondence
from quietdesk.tools.draft.received import LONGEST_BODY, ReceivedMail, display_name, own_words
from quietdesk.tools.draft.subject import subject_from, subject_stands
from quietdesk.tools.draft.wording import english

LANGUAGES = ("en", "zh", "de", "fr", "es", "it", "pt", "nl", "other")
ANN = People("Ann Lee, Sales", "Mr. Doyle (landlord)")


@pytest.mark.parametrize(
    ("recipient", "tone", "greeting"),
    [
        ("Priya Raman", "friendly", "Hi Priya,"),
        ("Priya Raman", "formal", "Dear Priya Raman,"),
        ("Priya Raman <p@example.org>", "neutral", "Hello Priya Raman,"),
        ("Mr. Doyle (landlord)", "firm", "Dear Mr. Doyle,"),
        ("Marcus, Legal at Brightwater", "friendly", "Hi Marcus,"),
        ("All staff", "neutral", "Dear all,"),
        ("", "formal", "Dear Sir or Madam,"),
        ("", "friendly", "Hello,"),
        ("x@example.org", "neutral", "Hello,"),
    ],
)
def test_greetings(recipient: str, tone: str, greeting: str) -> None:
    assert Phrases("en").greeting(People("Ann", recipient), tone) == greeting


@pytest.mark.parametrize(
    ("recipient", "tone", "greeting"),
    [
        ("王经理", "neutral", "王经理，您好："),
        ("陈先生", "formal", "尊敬的陈先生："),
        ("书友们", "friendly", "书友们，大家好："),
        ("大家", "friendly", "大家好："),
    ],
)
def test_chinese_greetings(recipient: str, tone: str, greeting: str) -> None:
    assert Phrases("zh").greeting(People("林晓", recipient), tone) == greeting


def test_greeting_of_the_model() -> None:
    knows = Phrases("en").knows_greeting
    assert knows("Hi Priya,", People("A", "Priya Raman"))
    assert not knows("Dear Mr. Priya,", People("A", "Priya Raman"))
    assert not knows("Hi everyone,", People("A", ""))
    assert not knows("Dear Sir or Madam,", People("A", "Priya"))


def test_closing() -> None:
    phrases = Phrases("en")
    assert phrases.closing(ANN, "neutral") == "Best regards,\nAnn Lee, Sales"
    assert phrases.closing(People("", "Bo"), "formal") == "Yours sincerely,"


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_complete(language: str) -> None:
    phrases = Phrases(language)
    for tone in TONES:
        for recipient in ("", "Bo", "Dr. Bo", "all"):
            letter = phrases.greeting(People("Ann", recipient), tone) + phrases.closing(People("Ann", recipient), tone)
            assert "{" not in letter
            assert not has_placeholder(letter)
        for key in ("received", "received_untitled", "contents", "more_contents", "apology"):
            assert isinstance(phrases.say(key, tone), str)


def test_salutation_name() -> None:
    assert salutation_name("Ms Fernando (customer)") == "Ms Fernando"
    assert salutation_name("Nomad Reisen, Group Desk") == "Nomad Reisen"
    assert salutation_name("<x@example.org>") == ""


def test_shortened() -> None:
    assert shortened("one two") == "one two"
    long = shortened("word " * 40)
    assert len(long) <= LONGEST_SUBJECT
    assert long.endswith("word…")


@pytest.mark.parametrize(
    ("notes", "subject"),
    [
        ("thx for call\nquote Q-2291, 40 chairs", "Quote Q-2291"),
        ("travel grant $1,150 for may", "Travel grant $1,150 for may"),
        ("ask for ref letter, deadline 30 nov", "Reference letter"),
        ("lunch thurs 12:30? new place", "Lunch Thursday 12:30?"),
        ("sorry", "Sorry"),
        ("周四例会改到周五", "周四例会改到周五"),
    ],
)
def test_subject_from_notes(notes: str, subject: str) -> None:
    assert subject_from([note.plain for note in parse_notes(notes)]) == subject


@pytest.mark.parametrize(
    ("subject", "stands"),
    [
        ("Invoice 7731 still unpaid", True),
        ("Unpaid invoice 7731", True),
        ("Invoice 7732", False),
        ("Invoice paid", False),
        ("Request for a new laptop", False),
        ("[Subject]", False),
        ("", False),
    ],
)
def test_subject_of_the_model(subject: str, stands: bool) -> None:
    notes = parse_notes("inv 7731, £640, still unpaid\npay by fri")
    check = NoteCheck(notes, ANN, lexicon=english())
    assert subject_stands(subject, notes, check, english()) is stands


def test_pieces_are_placed_by_their_notes() -> None:
    first = [Piece("B.", False, (1,), 0), Piece("E.", False, (4,), 1)]
    added = [Piece("D", True, (3,)), Piece("A", True, (0,)), Piece("C", True, (2,))]
    placed = compose.placed(first, added)
    assert [piece.text for piece in placed] == ["A", "B.", "C", "D", "E."]
    assert compose.body_of(placed, Phrases("en")) == "Here are the details:\n- A\n- C\n- D\n\nB.\n\nE."


def test_few_lines_become_sentences() -> None:
    pieces = [Piece("A", True, (0,)), Piece("B.", False, (1,)), Piece("C", True, (2,))]
    assert compose.body_of(pieces, Phrases("en")) == "A. B. C."


def test_long_paragraphs_are_cut() -> None:
    pieces = [Piece(f"{number}.", False, (number,)) for number in range(6)]
    assert compose.body_of(pieces, Phrases("en")) == "0. 1. 2.\n\n3. 4. 5."


def test_own_words() -> None:
    text = (
        "Hi Ann,\n\nYes, 10:00 is fine.\n\nBo\n-- \nBo Ltd\n\n"
        "On Mon, 1 Jun 2026 at 10:00, Ann <a@example.org> wrote:\n> Can we meet?\n"
    )
    assert own_words(text) == "Hi Ann,\n\nYes, 10:00 is fine.\n\nBo"


@pytest.mark.parametrize(
    "history",
    [
        "-----Original Message-----\nFrom: Ann\nold",
        "From: Ann <a@example.org>\nSent: Monday\nTo: Bo\nold",
        "Am 01.06.2026 um 10:00 schrieb Ann:\n> old",
        "Le lun. 1 juin 2026 à 10:00, Ann a écrit :\n> old",
        "On Mon, 1 Jun 2026, Ann Very Long Name\n<a@example.org> wrote:\nold",
        "王芳 写道：\n> old",
        "Sent from my phone\n\n> old",
    ],
)
def test_history_is_left_out(history: str) -> None:
    assert own_words(f"New text here.\n\n{history}") == "New text here."


def test_thread_of_fifty() -> None:
    head = "On 1 Jun 2026 at 10:00, Bo <b@example.org> wrote:\n"
    old = "".join(f"{head}{'>' * at} words {at}\n" for at in range(50))
    assert own_words(f"Only this.\n\n{old}") == "Only this."
    assert len(own_words("All of it is one long mail. " * 2000)) <= LONGEST_BODY


def test_quoted_text_alone_is_kept_out_of_harm() -> None:
    assert own_words("On 1 Jun 2026 at 10:00, Bo <b@example.org> wrote:\nold words") != ""


@given(st.text(max_size=500))
def test_any_mail_has_own_words(text: str) -> None:
    assert len(own_words(text)) <= LONGEST_BODY


def test_received_mail_of_a_document() -> None:
    headers = MailHeaders("Ann Lee <a@example.org>", "Bo Roe <b@example.org>", "Tap", "1 Jun", "<1@x>", "<0@x>", "")
    mail = ReceivedMail.of(Document("m.eml", "It leaks.\n\n> old", mail=headers))
    assert (mail.sender_name, mail.reader_name, mail.subject, mail.body) == ("Ann Lee", "Bo Roe", "Tap", "It leaks.")


def test_received_mailbox_is_answered_at_its_end() -> None:
    text = (
        "From: Ann <a@example.org>\nDate: 1 Jun\nSubject: One\n\nFirst.\n\n"
        "From: Bo Roe <b@example.org>\nSubject: Two\n\nSecond."
    )
    mail = ReceivedMail.of(Document("m.mbox", text))
    assert (mail.sender_name, mail.subject, mail.body) == ("Bo Roe", "Two", "Second.")


def test_received_text_without_headers() -> None:
    assert ReceivedMail.of(Document("-", "Can you come?")).body == "Can you come?"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("Ann Lee <a@example.org>", "Ann Lee"),
        ('"Lee, Ann" <a@example.org>', "Lee, Ann"),
        ("ann.lee@example.org", "Ann Lee"),
        ("info@example.org", ""),
        ("", ""),
    ],
)
def test_display_name(address: str, name: str) -> None:
    assert display_name(address) == name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("meeting thurs 10:30\nbring list", "en"),
        ("周五开会", "zh"),
        ("Termin am Freitag\nbitte Unterlagen mitbringen", "de"),
        ("réunion le vendredi\nmerci de prévenir", "fr"),
        ("reunión el viernes\npor favor", "es"),
        ("встреча в пятницу", "other"),
        ("12 40 88", None),
        ("holiday", None),
    ],
)
def test_language_of_notes(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_prompts_are_those_of_the_training() -> None:
    to = Correspondence(People("Ann", "Bo"), "firm", None, "en")
    prompts = AdapterPrompts(to, parse_notes("- pay £50 by fri\n- ### Email"))
    head = "### Notes\nFrom: Ann\nTo: Bo\nTone: firm\n- pay £50 by fri\n- # Email\n### Email\n"
    subject = prompts.subject()
    assert subject.prefix + subject.prompt == head + "Subject:"
    greeting = prompts.greeting("Payment")
    assert greeting
    assert greeting.prefix + greeting.prompt == head + "Subject: Payment\n"
    beginning = "Subject: Payment\nDear Bo,\n"
    second = prompts.sentence(1, beginning, ["Please pay £50 by Friday."], Sampling())
    assert second.prefix == head + beginning + "> pay £50 by fri\nPlease pay £50 by Friday.\n"
    assert second.prompt == "> # Email\n"
    assert second.adapter
    assert second.numbers == ()
    assert second.max_tokens < 100

    to = Correspondence(People("Ann", "Bo"), "firm", ReceivedMail("Bo <b@x.example>", "Rent", "Pay £70."), "en")
    greeting = AdapterPrompts(to, parse_notes("no")).greeting("")
    assert greeting
    assert greeting.prefix + greeting.prompt == (
        "### Received email\nFrom: Bo\nSubject: Rent\n\nPay £70.\n### Reply points\n"
        "From: Ann\nTone: firm\n- no\n### Reply\n"
    )
    answer = AdapterPrompts(to, parse_notes("no")).sentence(0, "Dear Bo,\n", [], Sampling())
    assert answer.numbers is not None
    assert "70" in answer.numbers


def test_chat_models_get_instructions() -> None:
    to = Correspondence(People("Ann", ""), "firm", ReceivedMail("Bo <b@x.example>", "Rent", "Pay £70."), "zh")
    prompts = ChatPrompts(to, parse_notes("no\npay later"))
    assert prompts.greeting("Rent") is None
    for asked in (prompts.subject(), prompts.sentence(1, "", ["No."], Sampling())):
        assert asked.chat
        assert not asked.adapter
        assert "{" not in asked.prompt
        assert "- pay later" in asked.prompt
