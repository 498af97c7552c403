"""The demonstration's words: the timeline as it happens, a progress line, the bill at the end."""

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.money import Money

EVENTS = {
    "BookingHeld": "the slot is held while the customer pays",
    "BookingMoved": "the session is moved to another time",
    "IntentMade": "the payment provider made a payment intent",
    "IntentCancelled": "the provider takes no money for it any more",
    "PaymentConfirmed": "the provider, asked by us, confirms the payment",
    "BookingScheduled": "the session is scheduled",
    "LetterDue": "a letter to the customer is due: {letter}",
    "LetterSent": "the letter is sent",
    "LetterRefused": "the letter will never arrive: {code}",
    "EffectRedriven": "nothing came of {effect_id}: it is asked for again",
    "ReadinessAsked": "the operator is asked whether he will be there",
    "ReadinessGiven": "the operator has answered; he will be there: {ready}",
    "PaymentDeclined": "the bank refused: {decline_code}",
    "HoldExtended": "the slot stays held until {until_time}",
    "BookingExpired": "not paid in time: the slot is free again",
    "BookingReinstated": "paid, and the slot is still free: it is taken again",
    "BookingCancelled": "the booking is cancelled",
    "PaymentUnwanted": "the money is not needed here: {reason}",
    "PaymentAbandoned": "the payment will not be made",
    "PaymentShown": "the customer has seen that it was made",
    "CustomerAssigned": "an agent found out whose payment it is",
    "DuplicateSuspected": "it may have been paid twice: {why}",
    "DuplicateAnswered": "the customer has answered; he wanted both: {wanted_both}",
    "DuplicateUnanswered": "the customer has not answered",
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
    "RefundApproved": "a manager approves of the refund",
    "RefundOverdue": "the refund is late: {stage}",
    "RefundSeen": "the provider has made a refund that we did not ask for: {money}",
    "RefundUndone": "the provider has taken that refund back",
    "LotsFrozen": "what it bought waits on the balance for the bank",
    "DisputeEscalated": "the dispute has to be answered soon",
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
    "LegMoved": "{motion}s the conference{proof}",
    "LegEnded": "a call ended: {outcome}",
    "LegDismissed": "hang up: {why}",
    "LegLookedUp": "nothing heard of a leg, the provider is asked",
    "LegCalledIn": "the customer calls back himself",
    "Escalated": "THE OPERATOR IS NOT THERE, next step: {step}",
    "ReplacementSought": "another operator is looked for",
    "OperatorReplaced": "another operator takes over",
    "PhonesChanged": "the customer has corrected his number",
    "SidesJoined": "both sides are joined, billing runs",
    "LineDropped": "THE LINE DROPPED, lost: {lost}; billing stands still",
    "LineRestored": "THE LINE IS BACK with {left_minutes} left",
    "BadLineReported": "THE LINE IS BAD, says the customer; tried now: {remedy}",
    "LineRenewed": "his line is taken down, to be rung anew at {at_time}",
    "HoldBegan": "the customer asks to wait; billing goes on",
    "HoldNoticed": "both hear that the wait goes on",
    "HoldEnded": "the customer is back",
    "SessionExtended": "the session is extended by {longer}",
    "OverrunFound": "it runs into the next session, which begins {delay_seconds} s later",
    "QuartersKept": "time of the operator that nobody booked is kept for it",
    "CallbackPromised": "a regular customer had to go: he is called back",
    "CallbackArranged": "the call back is booked",
    "WarningGiven": "both hear that one minute is left",
    "EndRequested": "the customer ends the session ({how})",
    "SessionEnding": "the session ends: {reason}",
    "SessionClosed": "the session is settled",
    "IncidentJudged": "JUDGED, {mishaps}; cause: {cause}",
    "BonusGranted": "{bonus_minutes} of bonus stand on the balance, by {rule}",
    "OfferMade": "the customer may choose: {choices}",
    "OfferWidened": "he may choose more: {choices}",
    "OfferAccepted": "HE HAS CHOSEN: {choice} (by {how})",
    "OfferLapsed": "he did not choose: all stays on his balance",
    "CaseNeeded": "a person has to look at it: {kind}",
    "CaseGiven": "it is case {case_number}",
    "QualityAsked": "the provider is asked how good the line was",
    "QualityMeasured": "the line of a leg was measured; too bad: {crossed}",
    "OutageFound": "OUTAGE {outage_id} broke this session",
    "OutageProposed": "it looks like an outage: {signal}",
    "OutageDeclared": "an outage is declared",
    "EndSeen": "and it looks as if it were over",
    "OutageDismissed": "it was no outage",
    "CaseNoted": "it is case {case_number}",
    "PassStarted": "pass {number} over the sessions begins",
    "PassFinished": "pass {number} over the sessions is done",
    "RunStopped": "a manager stops the run",
    "RunResumed": "a manager lets the run go on",
    "RunRepeated": "a manager has it gone through once more",
    "RunFinished": "all that it broke is made good",
}


def line(event: Mapping[str, Any]) -> str:
    """One event of a timeline: its time, what happened, the cause and its evidence."""
    fields = dict(event["fields"])
    if "left" in fields:
        fields["left_minutes"] = span(fields["left"])
    for several in ("lost", "mishaps", "choices", "crossed"):
        if isinstance(fields.get(several), list):
            fields[several] = ", ".join(fields[several]) or "nothing"
    if "lot" in fields:
        fields["bonus_minutes"] = span(fields["lot"]["bought"])
    if "seconds" in fields:
        fields["longer"] = span(fields["seconds"])
    if "at" in fields:
        fields["at_time"] = _clock(fields["at"])
    if isinstance(fields.get("amount"), Mapping):
        fields["money"] = _money(fields["amount"])
    if "until" in fields:
        fields["until_time"] = _clock(fields["until"])
    if "mark" in fields:
        fields["motion"] = fields["mark"]["motion"]
        fields["proof"] = ", as its request shows" if fields["mark"]["seen"] else ""
    words = EVENTS[event["type"]]
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


def quoted(text: str) -> str:
    """A letter, set off from what is told."""
    return "\n".join(f"    {row}".rstrip() for row in text.splitlines()) + "\n"


def extension(quote: Mapping[str, Any]) -> list[str]:
    """What more minutes cost."""
    return [
        f"  {quote['minutes']} min for {_money(quote['price'])}: "
        f"{span(quote['balance_seconds'])} from the balance, {_money(quote['card_due'])} by card",
        f"  the next customer starts {quote['next_delay_seconds']} s later",
    ]


def pass_over_sessions(found: Mapping[str, Any]) -> str:
    """How far a pass of an outage's run is."""
    return (
        f"pass {found['number']}: {found['shards_done']} of {found['shards']} shards, "
        f"{found['looked_at']} sessions looked at, {found['found']} found, "
        f"{found['compensated']} made good"
    )


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
