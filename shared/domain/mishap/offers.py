"""What a customer is offered after a mishap, as it stands; each offer is answered once (S1.10)."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.mishap import events as e


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer. Times UTC.

    Args:
        choices: what may be chosen.
        with_bonus: of them, those that bring the bonus.
        bonus: seconds that come with the choice, or with silence; zero where granted at once.
        rule: by which the bonus is granted.
        until: how long it stands.
        needs_number: of the choices, those that call a number that must be given first.
        accepted: what was chosen; None while nothing is.
        lapsed: whether nothing was chosen in time.
    """

    offer_id: str
    choices: tuple[e.Choice, ...]
    with_bonus: frozenset[e.Choice]
    bonus: int
    rule: str
    made_at: datetime
    until: datetime
    needs_number: frozenset[e.Choice]
    accepted: e.OfferAccepted | None = None
    lapsed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer; that its time is over shows only once it lapsed."""
        return self.accepted is None and not self.lapsed


def offers_after(
    offers: tuple[Offer, ...],
    event: e.OfferMade | e.OfferWidened | e.OfferAccepted | e.OfferLapsed,
    at: datetime,
) -> tuple[Offer, ...]:
    """The offers of a booking after one event.

    Args:
        at: business time of the decision, UTC.
    """
    if isinstance(event, e.OfferMade):
        made = Offer(
            offer_id=event.offer_id,
            choices=event.choices,
            with_bonus=event.with_bonus,
            bonus=event.bonus,
            rule=event.rule,
            made_at=at,
            until=event.until,
            needs_number=event.needs_number,
        )
        return (*offers, made)
    return tuple(
        _after(offer, event) if offer.offer_id == event.offer_id else offer for offer in offers
    )


def _after(offer: Offer, event: e.OfferWidened | e.OfferAccepted | e.OfferLapsed) -> Offer:
    match event:
        case e.OfferWidened():
            return replace(
                offer,
                choices=event.choices,
                with_bonus=event.with_bonus,
                bonus=event.bonus,
                rule=event.rule,
                until=event.until,
                needs_number=event.needs_number,
            )
        case e.OfferAccepted():
            return replace(offer, accepted=event)
        case e.OfferLapsed():
            return replace(offer, lapsed=True)
