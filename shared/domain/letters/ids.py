"""Letters under their own ids: the same one however often it is asked for."""

from shared.domain import booking_events as e
from shared.domain.booking import Booking


def letter_due(
    booking: Booking, letter: e.Letter, delay_seconds: int = 0, *, about: str = ""
) -> e.LetterDue:
    """A letter about a booking as it is now.

    Args:
        delay_seconds: how much later it starts.
        about: the offer, outage or code it is about, where there can be several.
    """
    matter = about or f"{booking.starts_at:%Y%m%d%H%M}"
    return e.LetterDue(f"{booking.booking_id}-{letter}-{matter}", letter, delay_seconds)


def letter_of(letter_id: str) -> tuple[e.Letter, str]:
    """Which letter an id stands for, and what it is about."""
    _, letter, matter = letter_id.split("-", 2)
    return e.Letter(letter), matter
