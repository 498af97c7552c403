"""Both rules over the logs, delivery by delivery, each with what was known at that moment."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.duplicates.facts import Facts, captured_at
from infra.duplicates.house import Json
from shared.domain.duplicates import Kind, Verdict, baseline, in_order, judge


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules said of every payment.

    Args:
        payments: all captured ones, in order of delivery.
        deliveries: how often the provider told us of them.
        ours: payment judged -> verdict, where there is a duplicate.
        baseline: payment judged -> the one it repeats.
    """

    payments: tuple[str, ...]
    deliveries: int
    ours: Mapping[str, Verdict]
    baseline: Mapping[str, str]


def judge_all(folder: Path, *, window: int, unseen_window: int) -> Judged:
    """Judge every delivery in a folder's logs, against the payments delivered before it.

    What is certain is refunded at once, so it no longer stands when the next payment comes. What
    the customers would answer is not known here.

    Args:
        folder: with requests.jsonl and charges.jsonl.
        window: as `judge` takes it.
        unseen_window: as `judge` takes it.
    """
    facts = Facts.of(folder)
    # Charges of one second are told apart by the requests, for the plain rule's sake: it blames
    # whichever it sees last.
    captures = sorted(
        facts.captures, key=lambda charge: in_order(facts.purchase(charge, captured_at(charge)))
    )
    near: dict[str, dict[str, Json]] = defaultdict(dict)  # customer or card -> its charges
    ours, plain, refunded = dict[str, Verdict](), dict[str, str](), set[str]()
    for charge in captures:
        now = captured_at(charge)
        new = facts.purchase(charge, now)
        keys = [key for key in (new.customer_id, new.card) if key is not None]
        others = {name: one for key in keys for name, one in near[key].items()}
        earlier = [facts.purchase(one, now) for one in others.values()]
        standing = [each for each in earlier if each.payment_id not in refunded]
        if new.payment_id not in refunded:
            verdict = judge(new, standing, window=window, unseen_window=unseen_window)
            if verdict.kind is not Kind.NONE:
                ours.setdefault(new.payment_id, verdict)
            if verdict.kind is Kind.CERTAIN and verdict.extra is not None:
                refunded.add(verdict.extra)
        repeats = baseline(new, earlier, window)
        if repeats is not None:
            plain.setdefault(new.payment_id, repeats)
        for key in keys:
            near[key][new.payment_id] = charge
    payments = tuple(dict.fromkeys(charge["payment_intent"] for charge in captures))
    return Judged(payments, len(captures), ours, plain)
