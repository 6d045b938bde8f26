"""Distortions of a note that lose no word and no number: what the model wrote, and what it should have written."""

from __future__ import annotations

import pytest

from quietdesk.tools.draft.distortions import Distortions
from quietdesk.tools.draft.notes import parse_notes
from quietdesk.tools.draft.wording import english


def found(note: str, sentence: str) -> list[str]:
    (parsed,) = parse_notes(note)
    return list(Distortions(english()).of(parsed, sentence))


@pytest.mark.parametrize(
    ("name", "note", "wrong", "right"),
    [
        ("modal added", "connector wet, not module", "The connector must be wet, not the module.",
         "The connector is wet, not the module."),
        ("possibility lost", "reply due 17 feb, extendable by 2 months",
         "The reply is due on 17 February and extended by 2 months.",
         "The reply is due on 17 February and extendable by 2 months."),
        ("small word lost", "earlier if bleeding", "If bleeding.", "Earlier if bleeding."),
        ("request added", "never ordered", "Please never ordered.", "I never ordered."),
        ("reader added", "card stolen in Lisbon", "Your card was stolen in Lisbon.", "The card was stolen in Lisbon."),
        ("owner changed", "i have their answer", "I have my answer.", "I have their answer."),
        ("future added", "mail went to old address", "The mail will go to the old address.",
         "The mail went to the old address."),
        ("tense changed", "rain: moved to 22nd", "Rain will move to the 22nd.", "If it rains, moved to the 22nd."),
        ("future added", "rest due now", "The rest will be due now.", "The rest is due now."),
        ("past added", "statement at 17:30", "The statement was at 17:30.", "The statement is at 17:30."),
        ("direction changed", "start moved to 1 march", "The start has been moved from 1 March.",
         "The start has been moved to 1 March."),
        ("deadline added", "rest due now", "The rest is due by now.", "The rest is due now."),
        ("deadline added", "printer removed friday", "The printer has been removed from Friday.",
         "The printer is removed on Friday."),
        ("repetition lost", "can i do half now half on the 29th?", "Can I do half now and on the 29th?",
         "Can I do half now and half on the 29th?"),
        ("limit added", "reading age up 7 months", "The reading is at age up to 7 months.",
         "The reading age is up 7 months."),
        ("hearsay added", "no presents, she's said so often", "No presents, she is said to have so often.",
         "No presents, she has said so often."),
        ("reader lost", "call u sunday", "Please call me on Sunday.", "I will call you on Sunday."),
        ("sides changed", "hold them for u until 5 march?", "Could you hold them for me until 5 March?",
         "Shall I hold them for you until 5 March?"),
        ("sender added", "left today on truck 448", "I left today on truck 448.", "It left today on truck 448."),
        ("tense changed", "parts took 5 weeks", "The parts were taken in 5 weeks.", "The parts took 5 weeks."),
        ("past added", "last three done by 30 aug unless it rains",
         "The last three were done by 30 August unless it rains.",
         "The last three are done by 30 August unless it rains."),
        ("sender lost", "you cover the hotel, we cover flights", "You cover the hotel and the flights.",
         "You cover the hotel, and we cover the flights."),
        ("sender lost", "pay by friday or tell me why not", "Please pay by Friday, or I will explain why not.",
         "Please pay by Friday or tell me why not."),
        ("reason added", "church free at 1, baptism then", "The church is free at 1 if there is a baptism then.",
         "The church is free at 1, and the baptism is then."),
        ("contrast changed", "wrong title, our error, never put up",
         "The title is wrong, and our error was never put up.", "The title is wrong, our error, and never put up."),
        ("nobody's state", "15 min late", "It's 15 minutes late.", "15 minutes late."),
        ("question turned", "beer friday?", "Could you have a beer on Friday?", "Beer on Friday?"),
        ("it added", "if you clicked: change password", "If you click it, change the password.",
         "If you clicked, change the password."),
        ("thanks added", "card 20-448-7", "I am grateful for the card 20-448-7.", "The card is 20-448-7."),
        ("share broken", "7 of 12 wells drilled", "Of the 7 wells, 12 are drilled.",
         "7 of the 12 wells have been drilled."),
        ("numbers exchanged", "pages 12 and 48", "Pages 48 and 12.", "Pages 12 and 48."),
        ("number moved", "fit with limits, certificate 0661", "Fit with a limit of 0661.",
         "Fit with limits, certificate 0661."),
        ("said twice", "order elsewhere and charge difference", "Order elsewhere and a charge will be charged.",
         "Order elsewhere and charge the difference."),
        ("reason added", "B off, A full", "B is off, as it is full.", "B is off, and A is full."),
        ("contrast changed", "2 syringes, glass not plastic", "2 syringes, and the glass is not plastic.",
         "2 syringes, glass and not plastic."),
        ("contrast changed", "water included, shed not", "Water is included, and there is no shed.",
         "Water is included, the shed is not."),
        ("unclear short form", "wearer no fluoroscopy", "The wearer's no fluoroscopy.", "The wearer: no fluoroscopy."),
        ("letter lost", "unit B off, A full load", "Unit B is off and full load.", "Unit B is off, A is at full load."),
        ("offer added", "ask: extend end date to 28 feb", "Would you like to extend the end date to 28 February?",
         "Please extend the end date to 28 February."),
    ],
)  # fmt: skip
def test_a_distortion_is_found_and_the_true_sentence_stands(name: str, note: str, wrong: str, right: str) -> None:
    assert name in found(note, wrong)
    assert found(note, right) == []


def test_what_is_denied_of_a_thing_may_be_said_with_is() -> None:
    assert found("inspector NOT free", "The inspector is not free.") == []


def test_a_note_that_leaves_it_open_may_be_said_with_a_modal() -> None:
    assert found("can she start monday?", "Could you start on Monday?") == []
    assert found("probably wet", "It might be wet.") == []
