"""The stories that `make demo STORY=...` plays, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local.demo.cast import Cast
from infra.local.demo.stories import (
    blocked_card,
    chargeback,
    double_charge,
    dropped_line,
    paid_without_booking,
    refund_to_card,
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
