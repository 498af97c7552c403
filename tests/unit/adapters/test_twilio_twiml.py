"""Our instructions in TwiML, attribute by attribute (twilio.com/docs/voice/twiml)."""

from xml.etree import ElementTree

from infra.local.exchange.twiml import DialConference, Gather, Hangup, Speech, parse
from shared.adapters.twilio.twiml import render
from shared.domain.session.instructions import AskKeys, HangUp, Instruction, Join, Prompt, Say

BASE = "https://api.example.com"


def document(*instructions: Instruction, language: str = "en") -> str:
    """Rendered for leg-1 of booking 1, spoken as the names of prompt and language."""
    return render(
        instructions,
        language=language,
        base_url=BASE,
        leg_id="leg-1",
        booking_id="1",
        wording=lambda prompt, spoken: f"<{prompt.value}> & {spoken}",
    )


def test_a_prompt_is_spoken_in_the_persons_language_with_its_text_escaped() -> None:
    # S1.3
    (say,) = ElementTree.fromstring(document(Say(Prompt.MENU), language="ru"))
    assert (say.tag, say.text, say.attrib) == ("Say", "<menu> & ru", {"language": "ru-RU"})


def test_keys_and_silence_are_reported_to_their_step_with_retries() -> None:
    # S1.4; gather, "actionOnEmptyResult"
    (gather,) = ElementTree.fromstring(document(AskKeys(Prompt.PRESS_ONE, 1, 6, "confirm")))
    assert gather.attrib == {
        "numDigits": "1",
        "timeout": "6",
        "actionOnEmptyResult": "true",
        "method": "POST",
        "action": f"{BASE}/v1/voice/keys?step=confirm&leg=leg-1&booking=1#rc=3&rp=all",
    }
    assert [child.text for child in gather] == ["<press_one> & en"]


def test_joining_never_records_and_ends_nobody_elses_conference() -> None:
    # S1.4: sessions are never recorded; S1.4a: the leg's own time limit
    (dial,) = ElementTree.fromstring(document(Join("booking-1", "leg-1", 1800)))
    assert dial.attrib == {
        "action": f"{BASE}/v1/voice/left?leg=leg-1&booking=1#rc=3&rp=all",
        "method": "POST",
        "hangupOnStar": "true",
        "timeLimit": "1800",
    }
    (conference,) = dial
    assert conference.text == "booking-1"
    assert conference.attrib == {
        "participantLabel": "leg-1",
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": "false",
        "beep": "false",
        "record": "do-not-record",
        "statusCallback": f"{BASE}/v1/voice/conference?booking=1#rc=3&rp=all",
        "statusCallbackEvent": "join leave",
        "statusCallbackMethod": "POST",
    }


def test_a_join_without_a_limit_leaves_it_to_the_provider() -> None:
    # S1.4a
    (dial,) = ElementTree.fromstring(document(Join("booking-1", "leg-1", None)))
    assert "timeLimit" not in dial.attrib


def test_the_exchange_reads_every_instruction_we_write() -> None:
    # S1.4
    verbs = parse(
        document(
            Say(Prompt.WAIT_FOR_OTHER),
            AskKeys(Prompt.MENU, 1, 6, "menu"),
            Join("booking-1", "leg-1", 60),
            HangUp(),
        ),
        BASE,
    )
    assert [type(verb) for verb in verbs] == [Speech, Gather, DialConference, Hangup]
