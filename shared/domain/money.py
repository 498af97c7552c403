"""Money as integers in the minor unit of its currency; no floating point anywhere (S2.8)."""

from dataclasses import dataclass
from typing import Self

from shared.domain.errors import RuleBroken

# ISO 4217 currencies whose minor unit is not a hundredth, as the payment provider counts them
# (docs.stripe.com/currencies: "zero-decimal" and "three-decimal" currencies).
_ZERO_DECIMAL = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
    "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
))  # fmt: skip
_THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in the minor unit of one currency.

    Args:
        minor: whole minor units; negative only inside ledger postings.
        currency: ISO 4217 code, three lower-case letters.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.islower():
            raise RuleBroken(
                "currency_invalid", "Use a lower-case ISO 4217 code, for example 'rub'.", "currency"
            )

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in the given currency."""
        return cls(0, currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def share(self, part: int, whole: int) -> "Money":
        """floor(amount x part / whole), the rounding S2.9 asks for."""
        return Money(self.minor * part // whole, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise RuleBroken(
                "currency_mismatch", f"{other.currency} cannot be counted as {self.currency}."
            )

    def __str__(self) -> str:
        digits = decimals(self.currency)
        sign, units = ("-" if self.minor < 0 else ""), abs(self.minor)
        if digits == 0:
            return f"{sign}{units} {self.currency.upper()}"
        whole, rest = divmod(units, 10**digits)
        return f"{sign}{whole}.{rest:0{digits}d} {self.currency.upper()}"


def decimals(currency: str) -> int:
    """How many decimal places the minor unit of a currency stands for."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2
