"""The number of a booking: digits that can be read out over a phone, the last one a check digit."""

LENGTH = 12

# The quasigroup of H. M. Damm (dissertation, Marburg 2004), order 10: it catches every single wrong
# digit and every swap of two neighbours, the mistakes people make when reading digits aloud.
_TABLE = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def with_check_digit(digits: str) -> str:
    """The digits with their check digit behind them."""
    return f"{digits}{_interim(digits)}"


def is_booking_number(text: str) -> bool:
    """Whether a text can be a booking number: the right length, and its check digit agrees."""
    return len(text) == LENGTH and text.isascii() and text.isdigit() and _interim(text) == 0


def _interim(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _TABLE[interim][int(digit)]
    return interim
