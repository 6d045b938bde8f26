"""Whether a sentence says one note, all of it and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.draft.note_check import NoteCheck
from quietdesk.tools.draft.notes import parse_notes
from quietdesk.tools.draft.person import People
from quietdesk.tools.draft.wording import english

PEOPLE = People("Ingrid Solheim", "Rakesh")


def faults(note: str, sentence: str, *, tone: str = "neutral", context: str = "") -> str:
    check = NoteCheck(parse_notes(note), PEOPLE, lexicon=english(), tone=tone, context=context)
    return "; ".join(check.faults(0, sentence))


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("pump P-104B vibration 9.8 mm/s rms yesterday, limit 7.1",
         "Yesterday the vibration of pump P-104B was 9.8 mm/s rms, against a limit of 7.1."),
        ("switched to P-104A at 03:40", "We switched to P-104A at 03:40."),
        ("pls plan changeover thurs 14 May, 6 h window",
         "Could you please plan the changeover for Thursday 14 May, with a window of 6 h?"),
        ("not paying rest til fixed", "I am not paying the rest until it is fixed."),
        ("ask if he wants armrests", "Would you like armrests?"),
        ("rang u twice", "I rang you twice."),
        ("court date 9 Oct stays unless we settle", "The court date of 9 October stays unless we settle."),
        ("need his instructions by 28 Aug", "I need your instructions by 28 August."),
        ("trip not cancelled, only postponed", "The trip is not cancelled, only postponed."),
        ("report by friday", "Please send the report by Friday."),
        ("周四例会改到周五14:00", "原定周四的例会改到周五14:00召开。"),
        ("不用带电脑", "请不用带电脑。"),
    ],
)  # fmt: skip
def test_true_sentences_stand(note: str, sentence: str) -> None:
    assert faults(note, sentence) == ""


@pytest.mark.parametrize(
    ("note", "sentence", "fault"),
    [
        ("limit 7.1, now 9.8", "The limit is 7.1.", "number lost"),
        ("limit 7.1", "The limit is 7.1 and now 9.8.", "number added"),
        ("fee £640", "The fee is €640.", "unit"),
        ("switched to P-104A", "We switched to P-104.", "code lost"),
        ("call Ana at 14:00", "Please call Bo at 14:00.", "name"),
        ("inspector NOT free before", "The inspector is free before.", "negation"),
        ("water off thurs 9-13", "The water will not be off on Thursday from 9 to 13.", "negation"),
        ("meera doesn't eat fish", "Meera does eat fish.", "negation"),
        ("can't come before 1", "You can't come before 1.", "person"),
        ("rang u twice", "You rang me twice.", "person"),
        ("court date 9 Oct stays unless we settle", "The court date of 9 October stays.", "relation unless"),
        ("invoice 7731", "Invoice 7731 was paid by mistake.", "added"),
        ("venue is the harbour cafe with the terrace", "The venue is nice.", "lost"),
        ("still on for saturday?", "It is still on for Saturday.", "question lost"),
        ("gate shut", "The gate is shut because of the storm in the valley.", "added"),
        ("call me", "Please call me, dear [Name].", "placeholder"),
        ("call me", "Please call", "not ended"),
        ("gate shut", "The gate gate is shut.", "grammar"),
        ("不能吃甜", "可以吃甜的。", "negation"),
        ("订金300元，不退", "订金不退。", "number lost"),
        ("请带Q2销售数据", "周五开会讨论新的预算方案和人员编制。", "lost"),
    ],
)
def test_faults_are_found(note: str, sentence: str, fault: str) -> None:
    assert fault in faults(note, sentence)


def test_the_reader_is_spoken_to() -> None:
    check = NoteCheck(parse_notes("she must NOT sign yet"), People("Ann", "Mrs Hanrahan"), lexicon=english())
    assert "reader is meant" in check.faults(0, "She must not sign yet.")
    assert check.faults(0, "You must not sign yet.") == ()
    other = NoteCheck(parse_notes("she didn't check the photos"), People("Ann", "Mr Petrossian"), lexicon=english())
    assert "reader is not meant" in other.faults(0, "You didn't check the photos.")
    assert other.faults(0, "She didn't check the photos.") == ()


def test_an_answer_may_take_up_the_mail() -> None:
    mail = "Could you do Friday at 14:00 in room 3B?"
    sentence = "Yes, Friday at 14:00 in room 3B suits me."
    assert faults("yes", sentence, context=mail) == ""
    assert "number added" in faults("yes", sentence)


def test_an_apologetic_letter_may_apologise() -> None:
    assert faults("running 10 min late", "I am sorry, but I am running 10 minutes late.", tone="apologetic") == ""


def test_what_covers_a_note_and_what_nothing_supports() -> None:
    check = NoteCheck(parse_notes("pay £50 by fri\ncall Ana"), PEOPLE, lexicon=english())
    assert check.covers(0, "Please pay £50 by Friday.")
    assert not check.covers(0, "Please pay soon.")
    assert check.unsupported("Please pay £70 to Maria.") == ["£70", "Maria"]
    assert check.unsupported("Please pay £50, Rakesh.") == []


@given(st.text(max_size=80), st.text(max_size=120))
def test_any_text_can_be_judged(note: str, sentence: str) -> None:
    for at, _ in enumerate(notes := parse_notes(note)):
        NoteCheck(notes, PEOPLE, lexicon=english()).faults(at, sentence)
