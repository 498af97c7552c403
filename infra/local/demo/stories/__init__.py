"""The stories that `make demo STORY=...` plays, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local.demo.cast import Cast
from infra.local.demo.stories import (
    bad_line,
    blocked_card,
    chargeback,
    double_charge,
    dropped_line,
    extension,
    long_hold,
    missed_call,
    outage,
    paid_without_booking,
    refund_to_card,
    wrong_number,
)
from infra.local.demo.telling import Screen


@dataclass(frozen=True, slots=True)
class Story:
    """One story.

    Args:
        title: what it is about.
        play: plays it on a running stack, and returns what was not as promised.
        promise: what it has shown where nothing was amiss.
    """

    title: str
    play: Callable[[Cast, Screen], list[str]]
    promise: str


STORIES: Mapping[str, Story] = {
    "dropped_line": Story(
        "a booked, paid, dropped and finished phone session",
        dropped_line.play,
        "15 minutes were left after the drop, and every paid minute was had",
    ),
    "missed_call": Story(
        "an operator who does not come",
        missed_call.play,
        "others were called, the customer chose by his link, and had his session with a bonus",
    ),
    "wrong_number": Story(
        "a number that nobody has",
        wrong_number.play,
        "corrected by the link in the letter, in time and afterwards, both sessions were had",
    ),
    "bad_line": Story(
        "a line that stays bad, and one that nobody complained of",
        bad_line.play,
        "every remedy was tried, and both have their unused minutes and ten of bonus",
    ),
    "long_hold": Story(
        "a customer who does not come back to the phone",
        long_hold.play,
        "both were told, ten minutes of waiting were billed, and the rest is on the balance",
    ),
    "extension": Story(
        "a session that is extended while the next customer waits",
        extension.play,
        "he talked on, the next customer was told before his start, and more was refused",
    ),
    "outage": Story(
        "an outage of our telephone provider",
        outage.play,
        "each broken session was made good once and its customer told once, whatever was declared",
    ),
    "double_charge": Story(
        "one booking paid twice",
        double_charge.play,
        "the extra charge alone went back, the booking stays, and the customer was told",
    ),
    "paid_without_booking": Story(
        "money that found its booking gone, and no webhook that told of it",
        paid_without_booking.play,
        "the booking was made where its slot was free; where not, the customer chose and was paid",
    ),
    "blocked_card": Story(
        "a card that the bank blocks",
        blocked_card.play,
        "the slot stayed held, he was told what to do, and paid once with another card",
    ),
    "refund_to_card": Story(
        "money back to a card, and to a card that is closed",
        refund_to_card.play,
        "one refund reached its card; the other failed, and its money stands on the balance",
    ),
    "chargeback": Story(
        "a customer's bank claims a payment back",
        chargeback.play,
        "nothing was paid out twice, what it bought was given up, and the fee stands in the books",
    ),
}
