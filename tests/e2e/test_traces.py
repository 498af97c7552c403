"""What all the tests before have left behind, this file being the last by name (Never 7)."""

import re

import pytest
from samcli.yamlhelper import yaml_parse

from infra.local.settings import ROOT
from tests.e2e import payment_double
from tests.e2e.local_stack import LocalStack, wait_for

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PROCESSES = ("aws", "conductor", "exchange", "payments")
# Phone numbers, e-mail addresses, test cards, and the beginnings of tokens, keys and secrets.
PRIVATE = re.compile(r"1202555\d{4}|@example\.|pm_card|eyJ|whsec_|sk_test_|pi_\w+_secret_")
# The local AWS tells whom it sends e-mail to; AWS does not.
NOT_OURS = re.compile(r"^\S+ \S+ INFO \[ses\] .*$", re.MULTILINE)


def test_the_functions_have_logged_what_is_looked_through_here(stack: LocalStack) -> None:
    assert stack.log("aws").count('"service":"redial"') > 5


def test_every_message_was_worked(stack: LocalStack) -> None:  # S4.1
    wait_for("empty queues", lambda: not any(stack.messages_in().values()))
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    queues = {name for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue"}
    ends = {name for name in queues if name.endswith("DeadLetters")}
    assert ends <= stack.messages_in().keys()


@pytest.mark.parametrize("process", PROCESSES)
def test_nothing_failed(stack: LocalStack, process: str) -> None:
    log = stack.log(process)
    bad = [line for line in log.splitlines() if re.search(r"\bERROR\b|Traceback|Exception", line)]
    assert bad == []


@pytest.mark.parametrize("process", PROCESSES)
def test_no_log_tells_a_secret_or_whose_phone_it_is(stack: LocalStack, process: str) -> None:
    log = NOT_OURS.sub("", stack.log(process))
    assert PRIVATE.findall(log) == []
    intents = payment_double.state(stack)["payment_intents"]
    secrets = {*stack.secrets.values(), *(intent["client_secret"] for intent in intents)}
    assert [secret for secret in secrets if secret in log] == []


def test_numbers_and_addresses_are_stored_encrypted_alone(stack: LocalStack) -> None:
    items = stack.items().values()
    told = [item["pk"]["S"] for item in items if PRIVATE.search(repr(item))]
    assert told == []
