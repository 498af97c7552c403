"""The demonstration's words: the timeline as it happens, a progress line, the bill at the end."""

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.money import Money

_EVENTS = {
    "BookingHeld": "the slot is held while the customer pays",
    "IntentMade": "the payment provider made a payment intent",
    "PaymentConfirmed": "the provider, asked by us, confirms the payment",
    "BookingScheduled": "the session is scheduled",
    "LetterDue": "a letter to the customer is due: {letter}",
    "LetterSent": "the letter is sent",
    "PaymentDeclined": "the bank refused: {decline_code}",
    "HoldExtended": "the slot stays held until {until_time}",
    "BookingExpired": "not paid in time: the slot is free again",
    "BookingReinstated": "paid, and the slot is still free: it is taken again",
    "BookingCancelled": "the booking is cancelled",
    "PaymentUnwanted": "the money is not needed here: {reason}",
    "PaymentOpened": "a payment exists at the provider ({purpose})",
    "PaymentCaptured": "{money} captured",
    "PaymentAllocated": "{money} to the booking",
    "PaymentCredited": "the money stands on the balance",
    "PaymentReturned": "{money} back from the booking",
    "LotsRegained": "what had been returned before is taken off the balance",
    "CardReturned": "what the card paid goes back: {money}",
    "RefundRequested": "{money} is to go back: {reason}",
    "RefundAttempted": "the last attempt did nothing, attempt {attempt}",
    "RefundAccepted": "the provider is on the refund",
    "RefundSettled": "REFUNDED to the card",
    "RefundRefused": "the card cannot take it: {code}",
    "RefundFailed": "THE REFUND CAME BACK: {code}; the money is on the balance",
    "RefundDenied": "the refund will not be paid out: {why}",
    "DisputeOpened": "THE BANK CLAIMS {money}: {reason}",
    "FundsMoved": "the provider moved {amount} and took a fee of {fee}",
    "DisputeClosed": "the bank has decided; lost: {lost}",
    "BookingFrozen": "the booking waits for the bank",
    "BookingThawed": "the booking goes on",
    "SessionStarted": "the start time has come",
    "LegRequested": "ring the {side} ({route} number)",
    "LegQueued": "waits for its turn among the calls",
    "LegPlaced": "the telephony provider rings",
    "LegConfirmed": "1 was pressed: a person is there",
    "LegEnded": "a call ended: {outcome}",
    "LegDismissed": "hang up: {why}",
    "LegLookedUp": "nothing heard of a leg, the provider is asked",
    "SidesJoined": "both sides are joined, billing runs",
    "LineDropped": "THE LINE DROPPED, lost: {lost}; billing stands still",
    "LineRestored": "THE LINE IS BACK with {left_minutes} left",
    "WarningGiven": "both hear that one minute is left",
    "SessionEnding": "the session ends: {reason}",
    "SessionClosed": "the session is settled",
}
_SHOWN_AS = {"LegMoved": "{motion}s the conference{proof}"}


def line(event: Mapping[str, Any]) -> str:
    """One event of a timeline: its time, what happened, the cause and its evidence."""
    fields = dict(event["fields"])
    if "left" in fields:
        fields["left_minutes"] = span(fields["left"])
    if isinstance(fields.get("lost"), list):
        fields["lost"] = ", ".join(fields["lost"])
    if isinstance(fields.get("amount"), Mapping):
        fields["money"] = _money(fields["amount"])
    if "until" in fields:
        fields["until_time"] = _clock(fields["until"])
    if "mark" in fields:
        fields["motion"] = fields["mark"]["motion"]
        fields["proof"] = ", as its request shows" if fields["mark"]["seen"] else ""
    words = _EVENTS.get(event["type"]) or _SHOWN_AS.get(event["type"], event["type"])
    evidence = ", ".join(f"{k} {_short(v)}" for k, v in event["cause"]["evidence"].items() if v)
    cause = f"{event['cause']['source']}: {event['cause']['command']}"
    why = f"{cause}; {evidence}" if evidence else cause
    return f"  {_clock(event['at'])}  {words.format(**fields):<58} [{why}]"


def progress(now: datetime, pace: Mapping[str, Any], booking: Mapping[str, Any]) -> str:
    """Where the story is, in one line."""
    session = booking["session"]
    left = f", {span(session['seconds_left'])} left" if session else ""
    talking = ", talking" if session and session["connected"] else ""
    speed = f"x{pace['factor']:g}: {pace['reason']}"
    return f"  {now:%H:%M:%S}  {booking['status']}{talking}{left} ({speed})"


def bill(booking: Mapping[str, Any]) -> list[str]:
    """The seconds of the session by category."""
    of = booking["session"]["bill"]
    rows = [(name, of[name]) for name in ("waiting", "talk", "hold", "gap")]
    wall = sum(seconds for _, seconds in rows)
    return [
        "  the session's seconds, each in exactly one category:",
        *(f"    {name:<10}{seconds:>6} s  {span(seconds)}" for name, seconds in rows),
        f"    {'in all':<10}{wall:>6} s  {span(wall)}",
        f"    billed {span(of['billed'])} of {span(of['billed'] + of['unused'])} bought",
    ]


def balance(account: Mapping[str, Any]) -> list[str]:
    """What stands on the customer's balance."""
    minutes = sum(lot["seconds_left"] for lot in account["lots"])
    money = ", ".join(_money(m) for m in account["money"] if m["amount_minor"]) or "no money"
    return [f"  the customer's balance: {span(minutes)} and {money}"]


def trial(found: Mapping[str, Any]) -> list[str]:
    """The ledger's trial balance."""
    lines = [f"  the ledger's trial balance over {found['entries']} entries:"]
    for row in found["kinds"]:
        lines.append(f"    {row['kind']:<20}{row['amount']:>12}  {row['unit']}")
    for unit, amount in found["totals"].items():
        lines.append(f"    {'sum':<20}{amount:>12}  {unit}")
    return lines


def span(seconds: int) -> str:
    """Seconds as minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02d} min"


class Screen:
    """Prints lines, and one line at the bottom that is rewritten where there is a terminal."""

    def __init__(self) -> None:
        self._rewrites = sys.stdout.isatty()
        self._quiet_until = datetime.min
        self._bottom = ""

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._rewrites and self._bottom:
            print(f"\r{' ' * len(self._bottom)}\r", end="")
        print(text, flush=True)
        self._bottom = ""

    def bottom(self, text: str) -> None:
        """The progress line; without a terminal one line now and then."""
        if self._rewrites:
            print(f"\r{text:<{len(self._bottom)}}", end="", flush=True)
            self._bottom = text
        elif datetime.now() >= self._quiet_until:
            self._quiet_until = datetime.now() + timedelta(seconds=5)
            print(text, flush=True)


def _clock(at: str) -> str:
    return at[11:19]


def _short(value: str) -> str:
    return value if len(value) <= 24 else f"{value[:10]}…{value[-6:]}"


def _money(amount: Mapping[str, Any]) -> str:
    return str(Money(amount["amount_minor"], amount["currency"]))
