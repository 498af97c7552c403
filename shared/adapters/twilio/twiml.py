"""Our instructions in the provider's language, TwiML."""

from collections.abc import Callable, Sequence

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from shared.adapters.twilio.addresses import conference_url, keys_url, left_url
from shared.domain.session.instructions import AskKeys, HangUp, Instruction, Join, Prompt, Say

# twilio.com/docs/voice/twiml/say: languages are written with their region.
_LANGUAGES = {"en": "en-US", "ru": "ru-RU"}


def render(
    instructions: Sequence[Instruction],
    *,
    language: str,
    base_url: str,
    leg_id: str,
    booking_id: str,
    wording: Callable[[Prompt, str], str],
) -> str:
    """Write instructions as a TwiML document; a leg that comes to its end is hung up.

    Args:
        instructions: in the order they are carried out.
        language: ISO 639-1, "en" or "ru".
        base_url: of our API, without a slash at the end.
        leg_id: comes back with every question of this leg.
        booking_id: comes back too.
        wording: the text of a prompt in a language.
    """
    spoken = _LANGUAGES[language]
    response = VoiceResponse()
    for instruction in instructions:
        match instruction:
            case Say(prompt):
                response.say(wording(prompt, language), language=spoken)
            case AskKeys(prompt, digits, timeout, step):
                gather = Gather(
                    num_digits=digits,
                    timeout=timeout,
                    action=keys_url(base_url, step, leg_id, booking_id),
                    action_on_empty_result=True,
                    method="POST",
                )
                gather.say(wording(prompt, language), language=spoken)
                response.append(gather)
            case Join(conference, label, limit):
                dial = Dial(
                    action=left_url(base_url, leg_id, booking_id),
                    method="POST",
                    hangup_on_star=True,
                    time_limit=limit,
                )
                dial.conference(
                    conference,
                    participant_label=label,
                    start_conference_on_enter=True,
                    end_conference_on_exit=False,
                    beep="false",
                    record="do-not-record",
                    status_callback=conference_url(base_url, booking_id),
                    status_callback_event="join leave",
                    status_callback_method="POST",
                )
                response.append(dial)
            case HangUp():
                response.hangup()
    return str(response)
