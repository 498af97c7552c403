"""Past incidents under a changed policy: what a replay takes into account, and what it says."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from infra.policy_replay.__main__ import main
from infra.policy_replay.draft import REPLAYED, Draft, DraftRefused, read_draft
from infra.policy_replay.history import History, HistoryRefused, read, written
from infra.policy_replay.played import play
from infra.policy_replay.replay import recorded, replayed
from infra.policy_replay.report import Report, compare, lines
from shared.domain.booking_events import BookingHeld
from shared.domain.mishap.events import Choice, OfferAccepted
from shared.domain.mishap.incident import Mishap
from shared.domain.policy import CURRENT, Policy


@cache
def histories() -> tuple[History, ...]:
    return tuple(play(seed=3, bookings=70))


def under(**changes: object) -> Report:
    return compare(histories(), Draft(changes))


def as_it_was(policy: Policy) -> Policy:
    return policy


# --- the draft ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no_show_bonus = = 1", "not TOML"),
        ("", "changes nothing"),
        ("no_show_bonuses = 600", "no_show_bonuses: the policy has no such number"),
        ("[remedies]\nno_show_bonus = 600", "remedies: the policy has no such number"),
        ("version = 2", "version: a draft has none"),
        ('no_show_bonus = "ten"', "no_show_bonus: must be a whole number, not 'ten'"),
        ("no_show_bonus = 10.5", "no_show_bonus: must be a whole number, not 10.5"),
        ("no_show_bonus = true", "no_show_bonus: must be a whole number, not True"),
        ("no_show_bonus = -1", "no_show_bonus: must not be below zero"),
        ('watch_alarm = "loud"', "watch_alarm: must be a number, not 'loud'"),
        ("watch_alarm = nan", "watch_alarm: must be zero or above, not nan"),
        ("customer_retry = 180", "customer_retry: must be a list of whole numbers"),
        ("customer_retry = []", "customer_retry: must be a list of whole numbers"),
        ('customer_retry = [0, "3"]', "customer_retry: must be a list of whole numbers"),
        ("refund_approval_above = 1", "refund_approval_above: must be a table"),
    ],
)
def test_a_draft_that_is_wrong_is_refused_with_its_field_and_reason(text: str, said: str) -> None:
    # P
    with pytest.raises(DraftRefused, match=said):
        read_draft(text)


def test_a_draft_names_the_changed_numbers_alone() -> None:  # P
    text = "no_show_bonus = 900\nwatch_alarm = 9\ncustomer_retry = [0, 60]\n"
    text += "refund_approval_above = {rub = 5}"
    assert read_draft(text).changes == {
        "no_show_bonus": 900,
        "watch_alarm": 9.0,
        "customer_retry": (0, 60),
        "refund_approval_above": (("rub", 5),),
    }
    changed = read_draft(text).over(replace(CURRENT, version=7, outage_bonus=1))
    assert (changed.version, changed.outage_bonus, changed.no_show_bonus) == (7, 1, 900)


# --- the replay -----------------------------------------------------------------------------------


def test_the_played_history_has_every_mishap_and_every_choice() -> None:  # S1.15
    found = [outcome for history in histories() if (outcome := recorded(history))]
    assert {mishap for outcome in found for mishap in outcome.mishaps} == set(Mishap)
    assert {outcome.chosen for outcome in found} == {None, *Choice}
    assert list(play(seed=3, bookings=5)) == list(histories()[:5])


def test_without_a_change_every_incident_is_judged_as_it_was() -> None:
    # P: the policy of the purchase judges, and a replay of it changes nothing
    for history in histories():
        assert replayed(history, as_it_was) == recorded(history)
    report = under(no_show_bonus=CURRENT.no_show_bonus)
    assert (report.otherwise, report.unheard) == (0, 0)
    assert all(group.then == group.now for group in report.groups.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("no_show_bonus", 1200), ("long_wait_bonus", 1500), ("long_wait", 600)),
        *(("bad_line_bonus", 1200), ("outage_bonus", 1800), ("bad_line_packet_loss", 300)),
    ],
)
def test_a_kinder_number_costs_more_and_nobody_loses_by_it(name: str, value: int) -> None:
    # S1.15
    dearer = 0
    for history in histories():
        then = recorded(history)
        now = replayed(history, Draft({name: value}).over)
        before, after = (outcome.bonus if outcome else 0 for outcome in (then, now))
        assert after >= before
        dearer += after > before
    assert dearer


def test_a_bonus_is_valued_at_the_tariff_of_its_booking() -> None:  # S2.8
    for history in histories():
        held, outcome = history.decisions[0].events[0], recorded(history)
        assert isinstance(held, BookingHeld)
        if outcome is not None:
            price = held.tariff.per_minute
            assert outcome.bonus_value.minor == price.minor * outcome.bonus // 60
            assert outcome.refunded.currency == price.currency


def test_a_choice_that_comes_after_the_drafts_deadline_counts_as_silence() -> None:  # S1.10
    report = under(offer_valid=60)
    accepted = [
        event
        for history in histories()
        for decided in history.decisions
        for event in decided.events
        if isinstance(event, OfferAccepted)
    ]
    assert report.unheard == len(accepted) > 0
    assert sum(group.now.refunds for group in report.groups.values()) == 0


def test_what_is_said_not_to_be_taken_into_account_changes_nothing() -> None:  # P
    others = {name: value for name, value in _other_numbers().items() if name not in REPLAYED}
    assert {"no_show_grace", "callback_wait", "hold_limit"} <= others.keys()
    report = under(**others)
    assert all(group.then == group.now for group in report.groups.values())


def _other_numbers() -> dict[str, object]:
    names = (name for name in Policy.__dataclass_fields__ if name != "version")
    return {name: 7 if isinstance(getattr(CURRENT, name), int | float) else (7,) for name in names}


# --- the report -----------------------------------------------------------------------------------


def test_the_report_says_what_it_takes_into_account_and_what_not() -> None:  # P
    draft = Draft({"no_show_bonus": 900, "no_show_grace": 300})
    said = list(lines(compare(histories(), draft), draft, "played"))
    assert said[0].startswith("played: 70 bookings, ")
    assert said[1] == "taken into account: no_show_bonus = 900, in force 600"
    assert said[2] == "NOT taken into account: no_show_grace = 300, in force 600"


def test_the_rows_of_a_currency_add_up_to_its_last_row() -> None:  # S2.8
    report = under(no_show_bonus=900)
    draft = Draft({"no_show_bonus": 900})
    table = [line.split() for line in lines(report, draft, "played")]
    for currency in {currency for _, currency in report.groups}:
        rows = [row for row in table if currency in row]
        values = [[float(cell) for cell in row[row.index(currency) + 1 :]] for row in rows]
        totals = [round(sum(column), 1) for column in zip(*values[:-1], strict=True)]
        assert totals == pytest.approx(values[-1], abs=0.6)  # minutes are rounded row by row


def test_a_written_history_reads_as_it_was_and_holds_no_number() -> None:
    # Never 7
    text = [written(history) for history in histories()]
    assert tuple(read(text)) == histories()
    assert not any("+1" in line or "@" in line for line in text)


def test_a_history_that_is_damaged_is_refused_with_its_line() -> None:
    line = written(histories()[0])
    plain = json.loads(line)
    plain["decisions"].pop(1)
    with pytest.raises(HistoryRefused, match=r"line 2: decisions of 0{11}1 are missing"):
        list(read([line, json.dumps(plain)]))
    for broken in ("{}", "[]", "nonsense", line.replace("BookingHeld", "BookingHeard")):
        with pytest.raises(HistoryRefused, match="line 1 is not a booking's history"):
            list(read([broken]))


def test_the_command_prints_the_report_or_the_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft, past = tmp_path / "draft.toml", tmp_path / "history.jsonl"
    draft.write_text("outage_bonus = 1800\n")
    past.write_text("\n".join(written(history) for history in histories()))
    assert main([str(draft), "--history", str(past)]) == 0
    assert "history.jsonl: 70 bookings" in capsys.readouterr().out
    draft.write_text("outage_bones = 1800\n")
    assert main([str(draft), "--history", str(past)]) == 2
    assert "outage_bones" in capsys.readouterr().err
    draft.write_bytes(b"\xff")
    assert main([str(draft)]) == 2
    assert "text in UTF-8" in capsys.readouterr().err
    assert main([str(tmp_path / "none.toml")]) == 2
    assert "none.toml: No such file" in capsys.readouterr().err
