"""What the nightly function tells the alarm, and how the command prints a report."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.sweeps import books
from infra.books.__main__ import main, report
from shared.application.day_closing import DayClosing
from shared.application.provider_books import ProviderBooks
from shared.domain import ledger
from shared.domain.ledger import StoredEntry, move
from tests.journeys.money_world import DAY, HALF_HOUR, MoneyWorld
from tests.journeys.world import MORNING


@dataclass
class Rooms:
    """shared.bootstrap over a world."""

    world: MoneyWorld = field(default_factory=MoneyWorld)

    def store(self) -> Any:
        return self.world.store

    def provider_books(self) -> ProviderBooks:
        return ProviderBooks(self.world.store, self.world.provider, self.world.driver)

    def day_closing(self) -> DayClosing:
        world = self.world
        books_ = self.provider_books()
        return DayClosing(world.store, books_, world.case_records, world.driver)

    def spoil(self) -> None:
        """An entry that puts something on a refund that is none."""
        payment_id = self.world.top_up(HALF_HOUR)
        wrong = move("rub", ledger.REVENUE, ledger.refund_account("none"), 5)
        entry = StoredEntry("slip", self.world.exchange.now, payment_id, "Slip", wrong)
        self.world.store._journal.append(entry)


def measured(capsys: pytest.CaptureFixture[str]) -> list[float]:
    """What the metric the alarm stands on was given."""
    if not books.metrics.metric_set:
        return []
    capsys.readouterr()
    books.metrics.flush_metrics()
    emf = json.loads(capsys.readouterr().out)
    (declared,) = emf["_aws"]["CloudWatchMetrics"]
    assert declared["Namespace"] == "Redial"
    assert declared["Dimensions"] == [["service"]]
    assert emf["service"] == "redial"
    values: list[float] = emf["LedgerDifferences"]
    return values


@pytest.mark.parametrize("spoilt", [False, True])
def test_the_alarm_hears_how_much_is_wrong_with_a_day(
    *, spoilt: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    # S4.1
    rooms = Rooms()
    if spoilt:
        rooms.spoil()
    rooms.world.days(1)
    told = books.perform(rooms, {}, lambda: True)
    assert told == {"entries": 2 if spoilt else 0, "differences": int(spoilt)}
    assert measured(capsys) == [float(spoilt)]
    assert books.perform(rooms, {}, lambda: True) == {"entries": 0, "differences": 0}
    assert measured(capsys) == []  # nothing was closed, so nothing is said of it


def test_a_person_can_have_everything_folded_anew(capsys: pytest.CaptureFixture[str]) -> None:
    rooms = Rooms()
    rooms.spoil()
    days = {"from": MORNING.isoformat(), "to": (MORNING + timedelta(minutes=1)).isoformat()}
    assert books.perform(rooms, days, lambda: True)["differences"] == 1
    assert measured(capsys) == [1.0]
    assert rooms.world.store.swept_until("books-00") is None


def test_a_part_alone_is_closed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    rooms = Rooms()
    rooms.world.after(DAY)
    books.perform(rooms, {"units": ["03"]}, lambda: True)
    assert measured(capsys) == [0.0]
    assert rooms.world.store.swept_until("books-03") is not None
    assert rooms.world.store.swept_until("books-04") is None


def test_the_command_names_every_difference_with_its_reason() -> None:
    found = {
        "entries": 3,
        "zero": False,
        "totals": {"rub": 0},
        "kinds": [{"kind": "refund", "unit": "rub", "amount": -5}],
        "differences": [
            {
                "reason": "refund_left_over",
                "why": "a refund is over, and its account is not zero",
                "subject": "refund:r",
                "unit": "rub",
                "booked": 5,
                "found": 0,
            }
        ],
        "left_out": 2,
        "explained": {"dispute_open": 1},
    }
    assert list(report(found))[3:] == [
        "explained: dispute open, 1 times",
        "DIFFERENCE refund:r: 5 booked, 0 found, rub: "
        "a refund is over, and its account is not zero (refund_left_over)",
        "and 2 more differences",
        "NOT RIGHT",
    ]


def test_the_command_says_when_there_is_nobody_to_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIAL_API", "http://127.0.0.1:1")
    monkeypatch.delenv("REDIAL_TOKEN", raising=False)
    assert main([]) == 2
    monkeypatch.setenv("REDIAL_TOKEN", "t")
    assert main([]) == 2
    assert "did not answer" in capsys.readouterr().err
