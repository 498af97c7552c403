"""What the papers of the house promise about it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse

from infra.docs import measurements
from infra.local.settings import ROOT

README = (ROOT / "README.md").read_text()
DECISIONS = ROOT / "docs" / "decisions"
LONGEST_FILE = 450  # lines; a few screens
RULES = (
    *("S1.1", "S1.2", "S1.3", "S1.4", "S1.4a", "S1.4b", "S1.5", "S1.6", "S1.7"),
    *("S1.8", "S1.9", "S1.10", "S1.11", "S1.12", "S1.13", "S1.15", "S1.16", "S4.1"),
    *("S1.14", "S2.1", "S2.2", "S2.3", "S2.4", "S2.5", "S2.6", "S2.7", "S2.8", "S2.9", "S2.10"),
    *("S2.11", "S3.2", "S4.1", "S4.2"),
)


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_every_command_the_readme_names_exists() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert {"demo", "test", "up", "down"} <= named <= made


def test_every_path_the_readme_names_exists() -> None:
    named = re.findall(r"`((?:docs|functions|infra|shared|tests)/[\w/.-]+)`", README)
    named += re.findall(r"\]\(([\w/.-]+)\)", README)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_measurements_have_their_one_place_in_the_readme() -> None:
    before, _, rest = README.partition(measurements.BEGIN)
    inside, _, after = rest.partition(measurements.END)
    assert before and inside and after
    assert measurements.BEGIN not in rest and measurements.END not in after


def test_every_decision_is_numbered_in_a_row_and_indexed() -> None:
    records = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    indexed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text())
    assert indexed == records


@pytest.mark.parametrize("part", ["Context", "Decision", "Consequences", "Alternatives"])
def test_every_decision_has_all_its_parts(part: str) -> None:
    records = DECISIONS.glob("0*.md")
    assert [path.name for path in records if f"**{part}.**" not in path.read_text()] == []


def test_every_alarm_has_its_line_in_the_runbook() -> None:  # S4.1
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    alarms = {n for n, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    rows = (ROOT / "docs" / "runbook.md").read_text()
    assert set(re.findall(r"^\| `(\w+Alarm)` \|", rows, re.MULTILINE)) == alarms


def test_no_file_is_longer_than_a_few_screens() -> None:
    lengths = {p: len(p.read_text().splitlines()) for p in sources("shared", "functions")}
    assert [(p.name, n) for p, n in lengths.items() if n > LONGEST_FILE] == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_proved_by_a_test_that_names_it(rule: str) -> None:
    word = re.compile(rf"\b{re.escape(rule)}(?![\w])")
    tests = [p for p in sources("tests") if p.name.startswith("test_") and p != Path(__file__)]
    assert any(word.search(path.read_text()) for path in tests)


SESSIONS = tuple(rule for rule in (*RULES, "S1.16") if rule.startswith("S1."))


@pytest.mark.parametrize("rule", dict.fromkeys(SESSIONS))
def test_every_row_on_sessions_is_played_by_a_journey_that_names_it(rule: str) -> None:
    word = re.compile(rf"\b{re.escape(rule)}(?![\w])")
    journeys = (ROOT / "tests" / "journeys").glob("test_*.py")
    assert any(word.search(path.read_text()) for path in journeys)
