"""What template.yaml promises and no tool checks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from infra.local.settings import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]


def of_type(kind: str) -> dict[str, Any]:
    return {
        name: resource.get("Properties", {})
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
WORK_QUEUES = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}


def routes() -> Iterator[tuple[str, str, bool]]:
    for function in FUNCTIONS.values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api":
                api = event["Properties"]
                yield api["Method"], api["Path"], api.get("Auth") == {"Authorizer": "NONE"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_handler_exists(name: str) -> None:
    module, _, handler = FUNCTIONS[name]["Handler"].rpartition(".")
    source = Path(ROOT / f"{module.replace('.', '/')}.py").read_text()
    assert f"def {handler}(" in source or f"{handler} =" in source


@pytest.mark.parametrize("queue", WORK_QUEUES)
def test_a_message_is_hidden_for_six_timeouts_of_its_worker(queue: str) -> None:
    worker = FUNCTIONS[queue.replace("Queue", "WorkerFunction")]
    assert WORK_QUEUES[queue]["VisibilityTimeout"] >= 6 * worker["Timeout"]


def test_an_alarm_watches_every_place_where_lost_work_ends_and_every_age() -> None:  # S4.1
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    watched = {
        (alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0], alarm["MetricName"]) for alarm in alarms
    }
    ends = {name for name in QUEUES if name not in WORK_QUEUES}
    assert watched == {(name, "ApproximateNumberOfMessagesVisible") for name in ends} | {
        (name, "ApproximateAgeOfOldestMessage") for name in WORK_QUEUES
    }


def test_only_preflights_webhooks_and_the_description_need_no_sign_in() -> None:
    for method, path, is_open in routes():
        expected = (
            method == "OPTIONS"
            or path.startswith(("/v1/webhooks/", "/v1/voice/"))
            or path == "/v1/openapi.json"
        )
        assert is_open == expected, (method, path)


def test_every_signed_in_path_answers_a_preflight() -> None:
    everything = set(routes())
    signed_in = {path for _, path, is_open in everything if not is_open}
    assert signed_in == {path for method, path, _ in everything if method == "OPTIONS"}


def test_a_provider_s_package_lies_only_where_the_provider_is_called() -> None:
    layers = {
        name: function["Layers"][0]["Ref"]
        for name, function in FUNCTIONS.items()
        if "Layers" in function
    }
    assert layers == {
        "PaymentFunction": "PaymentsLayer",
        "InboxWorkerFunction": "PaymentsLayer",
        "PaymentsWorkerFunction": "PaymentsLayer",
        "VoiceWebhookFunction": "VoiceLayer",
        "CallsWorkerFunction": "VoiceLayer",
        "CallsSweepFunction": "VoiceLayer",
    }
    assert GLOBALS["Layers"] == [{"Ref": "CoreLayer"}]


def test_no_function_may_touch_everything_but_mail_from_one_sender() -> None:
    statements = [
        statement
        for function in FUNCTIONS.values()
        for policy in function.get("Policies", [])
        for statement in policy.get("Statement", [])
    ] + [
        statement
        for policy in of_type("AWS::IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    broad = [statement for statement in statements if "*" in str(statement["Resource"])]
    assert [statement["Action"] for statement in broad] == ["ses:SendEmail"]
    assert "ses:FromAddress" in broad[0]["Condition"]["StringEquals"]
    assert not any("*" in str(statement["Action"]) for statement in statements)


@pytest.mark.parametrize("name", ["Table", "ContactsKey", "Users"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str) -> None:  # S4.2
    assert RESOURCES[name]["DeletionPolicy"] == "Retain"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_taken_back_to_any_second() -> None:  # S4.2
    table = RESOURCES["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
