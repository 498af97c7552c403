"""The policy and the page of remedies agree with the requirements, number by number, row by row.

Both sides are written out here, so that a change of either fails; the document itself is read where
it lies beside the project.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from infra.docs import remedies
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.policy import CURRENT, Policy

REQUIREMENTS = Path(__file__).parents[4] / "shared" / "spec" / "requirements.md"

# Each number of section P, in its own words, and the fields of the policy that hold it.
NUMBERS: Mapping[str, Mapping[str, object]] = {
    "callback_wait 60 s": {"callback_wait": 60},
    "redial_deadline 180 s": {"redial_deadline": 180},
    "payment_hold 15 min": {"payment_hold": 900},
    "no_show_grace 10 min": {"no_show_grace": 600},
    "long_wait 20 min": {"long_wait": 1200},
    "no_show_bonus 10 min, long wait 15 min": {"no_show_bonus": 600, "long_wait_bonus": 900},
    "bad_line_bonus 10 min": {"bad_line_bonus": 600},
    "outage_bonus 15 min": {"outage_bonus": 900},
    "bad_line_redial_after 5 min": {"bad_line_redial_after": 300},
    "hold_notice 3 min": {"hold_notice": 180},
    "hold_limit 10 min": {"hold_limit": 600},
    "goodwill_callback 1 h, from 5 completed sessions": {
        "goodwill_callback": 3600,
        "goodwill_sessions": 5,
    },
    "extension_max_delay 10 min": {"extension_max_delay": 600},
    "refund_initiate 3 business days": {"refund_initiate_days": 3},
    "refund_settle 10 business days": {"refund_settle_days": 10},
    "refund_window 14 days": {"refund_window_days": 14},
    "duplicate_window 5 min": {"duplicate_window": 300},
    "payment_check 4 h": {"payment_check": 14400},
    "offer_valid 24 h": {"offer_valid": 86400},
    "duplicate_question 24 h": {"duplicate_question": 86400},
    "ring_timeout 25 s": {"ring_timeout": 25},
    "reminder_lead 1 h": {"reminder_lead": 3600},
    "session_length 5 to 120 min": {"session_shortest": 300, "session_longest": 7200},
    "warning_before_end 1 min": {"warning_before_end": 60},
    "customer_retry 0, 3, 6, 9 min": {"customer_retry": (0, 180, 360, 540)},
    "operator_replaced_after 60 s": {"operator_replaced_after": 60},
}
# Named without a value: ours to set.
SET_BY_US: Mapping[str, tuple[str, ...]] = {
    "escalation steps and their times": (
        *("escalate_operator_again", "escalate_backup_route", "escalate_other_operator"),
        *("escalate_supervisor", "escalate_case"),
    ),
    "approval limit for refunds": ("refund_approval_above",),
    "bad-line thresholds": (
        *("bad_line_packet_loss", "bad_line_jitter", "bad_line_jitter_peak", "bad_line_latency"),
    ),
}
# The support desk is not built yet, and a number that nothing uses has no place in the policy.
NOT_BUILT = {
    "chat_reply 5 min": "chats are not answered from here (S3.1)",
    "email_reply 1 h": "e-mails are not answered from here (S3.1)",
    "form_reply 1 working day": "there is no web form (S3.1)",
    "case_autoclose 3 days": "cases close by hand (S3.5)",
    "qa_sample 8 per month": "there is no review of conversations (S3.8)",
}

_SECONDS = {"s": 1, "min": 60, "h": 3600}


def section(rule: str) -> str:
    """The words of one rule, or of section P.

    Skips where the document is not beside the project.
    """
    if not REQUIREMENTS.exists():
        pytest.skip("requirements.md is not beside the project")
    text = REQUIREMENTS.read_text()
    if rule == "P":
        return text.partition("## P Policy numbers\n")[2].partition("\nBusiness days:")[0]
    (found,) = re.findall(rf"^\| {re.escape(rule)} \| (.+) \|$", text, re.MULTILINE)
    return str(found)


def items() -> set[str]:
    """What section P lists, one by one."""
    return {item.strip() for item in re.split(r" · | ·\n|\n+", section("P")) if item.strip(" ·")}


def quantities(item: str) -> list[int]:
    """The numbers an item names, in seconds or in days or pieces; the last unit serves them all."""
    found = re.findall(r"(\d+)(?: (s|min|h)\b)?", item)
    units = [unit for _, unit in found]
    last = next((unit for unit in reversed(units) if unit), "")
    shared = units.count("") and item.startswith(("session_length", "customer_retry"))
    return [int(n) * _SECONDS.get(last if shared else unit, 1) for n, unit in found]


@pytest.mark.parametrize("item", NUMBERS)
def test_every_number_of_the_requirements_is_the_policys(item: str) -> None:  # P
    assert {name: getattr(CURRENT, name) for name in NUMBERS[item]} == NUMBERS[item]
    stated = [n for v in NUMBERS[item].values() for n in (v if isinstance(v, tuple) else (v,))]
    assert stated == quantities(item)


def test_nothing_in_section_p_is_overlooked() -> None:  # P
    assert items() == {*NUMBERS, *SET_BY_US, *NOT_BUILT}


def test_what_is_ours_to_set_is_set_and_what_is_not_built_has_no_number() -> None:  # P
    names = {field.name for field in fields(Policy)}
    assert {name for group in SET_BY_US.values() for name in group} <= names
    assert not {item.split()[0] for item in NOT_BUILT} & names


def test_the_choices_between_sources_are_those_of_the_policy() -> None:  # P
    section("P")
    choices = REQUIREMENTS.read_text().partition("## Where the sources disagree")[2]
    for choice in (
        "the customer may within 60 s; then we do",
        "the notice at 3 min and the close at 10 min protect the customer",
        "| redial 2 to 3 min from when | from the drop |",
        "| outage bonus | 15 min |",
    ):
        assert choice in choices


# --- the page, row by row -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Promise:
    """What a rule says, in its own words, and what the page must say for it.

    Args:
        mishap, cause: of the rows it is about; no cause for all of them.
        gets, chooses, bonus: what each of those rows says; None where the rule leaves it open.
        also: a part of the row's condition.
    """

    rule: str
    words: str
    mishap: Mishap
    cause: Cause | None
    gets: tuple[str, ...] = ()
    chooses: tuple[str, ...] | None = None
    bonus: str | None = None
    also: str = ""


BACK = "all unused minutes on his balance"
THREE = ("a call now (S1.10)", "a new time (S1.10)", "a full refund to the card (S1.10)")
SAME_THREE = ("a call now (S1.7)", "a new time (S1.7)", "a full refund to the card (S1.7)")
SHORT, LONG = "he waited 20 min at most", "he waited longer than 20 min"
TEN = "10 min (`no_show_bonus`), not with a full refund to the card"
FIFTEEN = "15 min (`long_wait_bonus`), not with a full refund to the card"
NUMBER = "once he gives a number that can be reached"
OURS = (Cause.OURS, Cause.OPERATOR, Cause.PREVIOUS_SESSION)

PROMISES = (
    Promise(
        *("S1.4b", "all minutes go to the balance, no bonus, and the operator's stand-by time is "),
        *(Mishap.CUSTOMER_ABSENT, Cause.CUSTOMER_SILENT),
        gets=(f"{BACK} (S1.4b)", "the operator's stand-by time is recorded (S1.4b)"),
        chooses=(),
        bonus="none",
    ),
    Promise(
        *("S1.6", "Time without a connection is not billed", Mishap.DROPPED, None),
        gets=("the time without a connection is not billed (S1.6)",),
    ),
    Promise(
        *("S1.7", "the unused minutes go to the customer's balance", Mishap.DROPPED, Cause.NOBODY),
        gets=(f"{BACK} (S1.7)",),
        chooses=(),
        bonus="none",
        also="not back",
    ),
    *(
        Promise(
            *("S1.7", "Where our or the operator's fault kept it from being restored, the offers "),
            *(Mishap.DROPPED, cause),
            gets=(f"{BACK} (S1.7)",),
            chooses=SAME_THREE,
            bonus=bonus,
            also=f"not back in time and {wait}",
        )
        for cause in (Cause.OURS, Cause.OPERATOR)
        for wait, bonus in ((SHORT, TEN), (LONG, FIFTEEN))
    ),
    Promise(
        *("S1.8", "all unused minutes go back **plus 10 bonus minutes**; or a new time; or an"),
        *(Mishap.BAD_LINE, None),
        gets=(f"{BACK} (S1.8)", "bonus minutes (S1.8)"),
        chooses=("a new time (S1.8)", f"another phone, {NUMBER} (S1.8)"),
        bonus="10 min (`bad_line_bonus`)",
        also="the customer stops",
    ),
    *(
        Promise(
            *("S1.10", words, Mishap.OPERATOR_ABSENT, cause),
            chooses=THREE,
            bonus=bonus,
            also=wait,
        )
        for cause in (*OURS, Cause.UNKNOWN)
        for words, wait, bonus in (
            ("+ 10 bonus minutes", SHORT, TEN),
            ("(15 when the wait passed 20 min)", LONG, FIFTEEN),
        )
    ),
    Promise(
        *("S1.10", "**a call now** with a free operator", Mishap.START_MISSED, Cause.OURS),
        chooses=THREE,
        also=SHORT,
    ),
    Promise(
        *("S1.10", "**any new time** + bonus with the money kept on the balance, or a **full ref"),
        *(Mishap.START_MISSED, Cause.OURS),
        chooses=THREE,
        bonus=FIFTEEN,
        also=LONG,
    ),
    Promise(
        *("S1.10", "(wrong number): it is corrected and the call arranged; no bonus"),
        *(Mishap.CUSTOMER_ABSENT, Cause.WRONG_NUMBER),
        chooses=(f"a call now, {NUMBER} (S1.10)", f"a new time, {NUMBER} (S1.10)"),
        bonus="none",
    ),
    Promise(
        *("S1.10", "Unknown cause: treated in the customer's favour", Mishap.CUSTOMER_ABSENT),
        Cause.UNKNOWN,
        chooses=THREE,
        bonus=TEN,
        also=SHORT,
    ),
    Promise(
        *("S1.13", "refund plus bonus, or a new time plus bonus", Mishap.OUTAGE, None),
        chooses=("a full refund to the card (S1.13)", "a new time (S1.13)"),
        bonus="15 min (`outage_bonus`)",
    ),
)
COMBINED = {
    "Nothing is compensated twice": "it is compensated once (S1.15)",
    "one stretch of one booking from the first symptom to restored or closed; overlapping mishaps "
    "merge into it": "one stretch of one booking from the first symptom to restored or closed",
    "the customer has every choice of either": "every choice of each row that applies",
    "and the larger single bonus": "one bonus: the largest of them",
    "nobody's fault, unused minutes back": "| the line drops | a wrong number, the customer did "
    "not answer, nobody's |",
}


def rows(promise: Promise) -> list[list[str]]:
    """The page's rows that a promise is about, as cells."""
    table = remedies.PATH.read_text().partition("## The table")[2].partition("\n## ")[0]
    split = [line.strip("| ").split(" | ") for line in table.splitlines() if " | " in line]
    word = remedies.CAUSES[promise.cause] if promise.cause else ""
    return [
        cells
        for cells in split
        if cells[0] == remedies.MISHAPS[promise.mishap]
        and (cells[1] == "whoever's" or word in cells[1].split(", ") or not word)
        and promise.also in cells[2]
    ]


@pytest.mark.parametrize("promise", PROMISES)
def test_the_page_keeps_what_the_rule_promises(promise: Promise) -> None:
    # S1.4b, S1.6, S1.7, S1.8, S1.10, S1.13
    found = rows(promise)
    assert found
    for _, _, _, gets, chooses, bonus, evidence in found:
        assert set(promise.gets) <= set(gets.split("; "))
        if promise.chooses is not None:
            assert ("; ".join(promise.chooses) or "nothing") == chooses
        assert promise.bonus in (None, bonus)
        assert evidence


@pytest.mark.parametrize("words", COMBINED)
def test_the_page_says_how_rows_combine(words: str) -> None:  # S1.15
    assert COMBINED[words] in re.sub(r"\n +|\n(?=overlap)", " ", remedies.PATH.read_text())
    assert words in section("S1.15")


@pytest.mark.parametrize("promise", PROMISES)
def test_the_rule_says_what_the_page_promises(promise: Promise) -> None:
    # S1.4b, S1.6, S1.7, S1.8, S1.10, S1.13
    assert promise.words in section(promise.rule)


def test_every_row_of_the_page_is_promised_by_a_rule_or_told_why() -> None:
    # S1.10, S1.15: rows beside those of a rule's own words
    promised = [cells for promise in PROMISES for cells in rows(promise)]
    table = remedies.page().partition("## The table")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if " | " in line][1:]
    beside = [cells for cells in lines if cells not in promised]
    assert [(cells[0], cells[2]) for cells in beside] == [
        # the offers of S1.10, where the customer could not be rung by our own fault
        ("the customer does not come", LONG),
        # S1.8, told by the provider rather than by him
        ("the line is bad", "the provider's figures say so, and unused minutes were left"),
    ]


def test_the_page_is_the_present_one() -> None:
    assert remedies.PATH.read_text() == remedies.page(), "run `make docs`"


def test_the_page_holds_every_number_in_units_that_people_read() -> None:  # P
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", remedies.page(), re.MULTILINE))
    assert listed.keys() == {field.name for field in fields(Policy)}
    assert (listed["offer_valid"], listed["refund_window_days"]) == ("24 h", "14 days")
    assert (listed["customer_retry"], listed["ring_timeout"]) == (
        "0 s, 3 min, 6 min, 9 min",
        "25 s",
    )
    assert (listed["problem_share_below"], listed["figures_days"]) == ("2.00 %", "30 days")
