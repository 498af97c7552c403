"""The end of every story: the books, the letters, and a payment's trail."""

from collections.abc import Iterator
from datetime import timedelta

from infra.local.demo import post, telling
from infra.local.demo.cast import Answer, Cast, text
from infra.local.settings import StackError


def trial_balance(cast: Cast, screen: telling.Screen) -> Iterator[str]:
    """Show the ledger's trial balance; yields what is not as promised (Never 1)."""
    now = cast.now()
    trial = cast.manager.get(
        "/v1/desk/trial-balance",
        **{"from": text(now - timedelta(days=2)), "to": text(now + timedelta(minutes=1))},
    )
    for row in telling.trial(trial):
        screen.say(row)
    if not trial["zero"]:
        yield f"the trial balance is not zero: {trial['totals']} {trial['differences']}"


def trail(cast: Cast, payment_id: str, screen: telling.Screen) -> Answer:
    """Show everything that happened to a payment, as an agent sees it."""
    found = cast.agent.get(f"/v1/desk/payments/{payment_id}")
    for event in found["timeline"]:
        screen.say(telling.line(event))
    return found


def letter(cast: Cast, words: str) -> bool:
    """Whether the customer was sent a letter with such a subject, now or in a moment."""
    try:
        post.letter(cast, cast.addresses["customer"], words)
    except StackError:  # a story tells what is missing instead of ending
        return False
    return True
