"""What template.yaml promises and no tool checks."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import twilio.rest
from samcli.yamlhelper import yaml_parse

from functions.sweeps import watch
from infra.local.settings import ROOT
from shared.adapters.dynamodb import tables

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
DASHBOARD: dict[str, Any] = yaml_parse((ROOT / "infra" / "watch.yaml").read_text())
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
ALARMS = of_type("AWS::CloudWatch::Alarm")
WORK_QUEUES = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}
WORKERS = {
    name: RESOURCES[name.replace("Queue", "Trigger")]["Properties"]["FunctionName"]["Ref"]
    for name in WORK_QUEUES
}


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


def test_whatever_the_wiring_reads_of_the_environment_is_set() -> None:
    wiring = "".join(path.read_text() for path in (ROOT / "shared/bootstrap").glob("*.py"))
    read = set(re.findall(r'os\.environ(?:\[|\.get\()"([A-Z_]+)"', wiring))
    given = {
        name
        for function in [GLOBALS, *FUNCTIONS.values()]
        for name in function.get("Environment", {}).get("Variables", {})
    }
    assert read - given == set()


def test_the_voice_layer_keeps_every_product_of_the_provider_that_we_ask() -> None:
    makefile = (ROOT / "infra/requirements/Makefile").read_text()
    kept = re.findall(r"^PRODUCTS := (.*)$", makefile, re.MULTILINE)[0].split()
    adapter = (ROOT / "shared/adapters/twilio/telephony.py").read_text()
    asked = set(re.findall(r"_client\.([a-z_]+)", adapter))
    products = {folder.name for folder in Path(twilio.rest.__file__).parent.iterdir()}
    # Calls and conferences are short for those of the product "api".
    assert (asked & products) | {"api"} == set(kept)


@pytest.mark.parametrize("queue", WORK_QUEUES)
def test_a_message_is_hidden_for_six_timeouts_of_its_worker(queue: str) -> None:
    worker = FUNCTIONS[WORKERS[queue]]
    assert WORK_QUEUES[queue]["VisibilityTimeout"] >= 6 * worker["Timeout"]


def test_an_alarm_watches_every_place_where_lost_work_ends_and_every_age() -> None:  # S4.1
    watched = {
        (alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0], alarm["MetricName"])
        for alarm in ALARMS.values()
        if alarm["Namespace"] == "AWS/SQS"
    }
    ends = {name for name in QUEUES if name not in WORK_QUEUES}
    assert watched == {(name, "ApproximateNumberOfMessagesVisible") for name in ends} | {
        (name, "ApproximateAgeOfOldestMessage") for name in WORK_QUEUES
    }


@pytest.mark.parametrize("queue", WORK_QUEUES)
def test_every_queue_has_dead_letters_their_alarm_its_age_alarm_and_a_redrive_command(
    queue: str,
) -> None:
    # S4.1
    stem = queue.removesuffix("Queue")
    assert f"{stem}DeadLetters" in QUEUES
    assert {f"{stem}DeadLettersAlarm", f"{stem}AgeAlarm"} <= ALARMS.keys()
    assert f"\nredrive {stem}DeadLetters\n" in RUNBOOK


def test_every_sweep_that_fails_or_does_not_run_is_heard_of() -> None:  # S4.1
    scheduled = {
        name
        for name, function in FUNCTIONS.items()
        if any(event["Type"] == "Schedule" for event in function.get("Events", {}).values())
    }
    # These tell how late they are, and nothing where they do not run.
    by_metric = {
        "PaymentsSweepFunction": "PaymentsBehind",
        "BooksFunction": "LedgerDifferences",
        "ReliabilitySweepFunction": "FiguresBehind",
    }
    for metric in by_metric.values():
        alarm = ALARMS[f"{metric}Alarm"]
        assert (alarm["MetricName"], alarm["TreatMissingData"]) == (metric, "breaching")
    for name in scheduled - by_metric.keys():
        alarm = ALARMS[name.replace("Function", "Alarm")]
        assert alarm["TreatMissingData"] == "breaching"
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": name}}]
        # A run a minute, of each group of shards: with more errors none of one may have ended well.
        assert (alarm["Period"], alarm["Threshold"]) == (300, 4)


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [
        ("OrdersSilentAlarm", "OrdersSilent"),
        ("DropRateAlarm", "DropRateJumped"),
        ("WebhooksSilentAlarm", "WebhooksSilent"),
        ("StartsFailingAlarm", "StartsFailing"),
    ],
)
def test_what_the_watch_says_is_an_alarm_at_once(alarm: str, metric: str) -> None:  # S4.1
    told = ALARMS[alarm]
    assert (told["Namespace"], told["MetricName"]) == ("Redial", metric)
    assert (told["Period"], told["EvaluationPeriods"], told["Threshold"]) == (60, 1, 0)
    assert metric in (ROOT / "functions" / "sweeps" / "watch.py").read_text()


def test_every_alarm_is_heard_at_the_first_message_that_is_lost() -> None:  # S4.1
    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible":
            assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0, 1)


def test_the_dashboard_shows_every_queue_and_every_place_where_lost_work_ends() -> None:  # S4.1
    given = RESOURCES["Dashboard"]["Properties"]["Parameters"]
    assert given == {"Stack": {"Ref": "AWS::StackName"}} | {
        name: {"Fn::GetAtt": [name, "QueueName"]} for name in QUEUES
    }
    body = DASHBOARD["Resources"]["Reliability"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert DASHBOARD["Parameters"].keys() == given.keys()
    assert all(f'"${{{name}}}"' in body for name in QUEUES)
    shown = {
        metric[1]
        for widget in json.loads(body)["widgets"]
        for metric in widget["properties"]["metrics"]
        if metric[0] in ("Redial", ".")
    }
    assert {"ProblemShare", "CriticalShare", "MinutesToResolve"} <= shown
    assert set(watch.METRICS) <= shown


def test_work_that_nobody_can_do_is_kept_for_two_weeks_in_a_queue_of_its_own() -> None:  # S4.1
    ends = {
        name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
        for name, queue in WORK_QUEUES.items()
    }
    assert ends == {
        name: [name.replace("Queue", "DeadLetters"), "Arn"]
        for name in (
            "InboxQueue",
            "PaymentsQueue",
            "CallsQueue",
            "StartsQueue",
            "MessagesQueue",
            "OutagesQueue",
            "TimersQueue",
        )
    }
    unrelayed = RESOURCES["RelayTrigger"]["Properties"]["DestinationConfig"]["OnFailure"]
    assert unrelayed["Destination"] == {"Fn::GetAtt": ["UnrelayedQueue", "Arn"]}
    assert set(QUEUES) == {*ends, *(end for end, _ in ends.values()), "UnrelayedQueue"}
    for queue in QUEUES.values():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_message_that_fails_does_not_take_its_batch_with_it() -> None:
    triggers = of_type("AWS::Lambda::EventSourceMapping")
    assert set(triggers) == {
        "RelayTrigger",
        *(name.replace("Queue", "Trigger") for name in WORK_QUEUES),
    }
    for trigger in triggers.values():
        assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    relay = triggers["RelayTrigger"]
    assert relay["BisectBatchOnFunctionError"] is True
    assert 0 < relay["MaximumRetryAttempts"] <= 10


def test_everything_runs_on_one_python() -> None:
    assert GLOBALS["Runtime"] == "python3.13"
    assert not any("Runtime" in function for function in FUNCTIONS.values())
    for layer in of_type("AWS::Serverless::LayerVersion").values():
        assert layer["CompatibleRuntimes"] == ["python3.13"]


def test_what_the_gateway_refuses_by_itself_is_a_problem_too() -> None:
    refusals = RESOURCES["Api"]["Properties"]["GatewayResponses"]
    assert {"UNAUTHORIZED", "REQUEST_TOO_LARGE", "THROTTLED"} <= set(refusals)
    for refusal in refusals.values():
        headers = refusal["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'"
        problem = json.loads(refusal["ResponseTemplates"]["application/json"])
        assert problem["status"] == refusal["StatusCode"]
        assert problem.keys() >= {"type", "title", "code", "detail"}


def test_secrets_are_not_shown_by_whoever_deploys() -> None:  # Never 7
    hidden = {name for name, one in TEMPLATE["Parameters"].items() if one.get("NoEcho") is True}
    assert hidden == {"StripeApiKey", "StripeWebhookSecret", "TwilioAuthToken", "PhoneKey"}
    for function in [GLOBALS, *FUNCTIONS.values()]:
        variables = function.get("Environment", {}).get("Variables", {})
        assert not any({"Ref": name} in variables.values() for name in hidden)


def test_only_preflights_webhooks_and_the_description_need_no_sign_in() -> None:
    for method, path, is_open in routes():
        expected = (
            method == "OPTIONS"
            or path.startswith(("/v1/webhooks/", "/v1/voice/", "/v1/refund-requests"))
            or path.startswith(("/v1/offers/{token}", "/v1/phones/{token}"))  # signed themselves
            or path in ("/v1/reliability", "/v1/openapi.json")
        )
        assert is_open == expected, (method, path)


def test_every_signed_in_path_answers_a_preflight() -> None:
    everything = set(routes())
    signed_in = {path for _, path, is_open in everything if not is_open}
    public = {
        "/v1/refund-requests",
        "/v1/refund-requests/{case_number}",
        "/v1/reliability",
        "/v1/offers/{token}",
        "/v1/offers/{token}/accept",
        "/v1/phones/{token}",
    }
    browsers = {path for method, path, _ in everything if method == "OPTIONS"}
    assert browsers == signed_in | public


def test_a_provider_s_package_lies_only_where_the_provider_is_called() -> None:
    layers = {
        name: function["Layers"][0]["Ref"]
        for name, function in FUNCTIONS.items()
        if "Layers" in function
    }
    assert layers == {
        "PaymentFunction": "PaymentsLayer",
        "AccountFunction": "PaymentsLayer",
        "DeskMoneyFunction": "PaymentsLayer",
        "DeskFunction": "PaymentsLayer",
        "PaymentsSweepFunction": "PaymentsLayer",
        "BooksFunction": "PaymentsLayer",
        "InboxWorkerFunction": "PaymentsLayer",
        "PaymentsWorkerFunction": "PaymentsLayer",
        "VoiceWebhookFunction": "VoiceLayer",
        "CallsWorkerFunction": "VoiceLayer",
        "CallsSweepFunction": "VoiceLayer",
    }
    assert GLOBALS["Layers"] == [{"Ref": "CoreLayer"}]
    # It verifies with the standard library alone, and leaves the rest to the inbox worker.
    assert "Layers" not in FUNCTIONS["StripeWebhookFunction"]


def test_a_function_may_do_what_is_written_here_and_nothing_that_a_name_stands_for() -> None:
    ours = [{"Ref": name} for name in of_type("AWS::IAM::ManagedPolicy")]
    for name, function in FUNCTIONS.items():
        assert "Role" not in function
        for policy in function.get("Policies", []):
            pollers = [
                {"SQSPollerPolicy": {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}}
                for queue, worker in WORKERS.items()
                if worker == name
            ]
            assert policy in ours or policy in pollers or set(policy) == {"Statement"}, name


def test_who_writes_letters_and_who_is_led_to_by_them_may_sign_links_and_nobody_else() -> None:
    # Never 7
    may = {"MessagesWorkerFunction", "OffersFunction"}
    knowing = {name for name, one in RESOURCES.items() if "{'Ref': 'LinkKey'}" in str(one)}
    reading = {name for name, one in FUNCTIONS.items() if {"Ref": "LinksPolicy"} in one["Policies"]}
    assert (knowing, reading) == (may | {"LinksPolicy"}, may)
    generated = RESOURCES["LinkKey"]["Properties"]["GenerateSecretString"]
    assert generated["PasswordLength"] >= 32


def test_links_are_opened_at_a_measured_pace() -> None:
    settings = RESOURCES["Api"]["Properties"]["MethodSettings"]
    paced = {
        (one["HttpMethod"], one["ResourcePath"][1:].replace("~1", "/")): one["ThrottlingRateLimit"]
        for one in settings
    }
    led_to = {(method, path) for method, path, _ in routes() if "{token}" in path}
    for route in (one for one in led_to if one[0] != "OPTIONS"):
        assert 0 < paced[route] <= 200


def test_what_anybody_may_ask_for_is_answered_at_a_measured_pace() -> None:  # S1.16, S2.4
    settings = RESOURCES["Api"]["Properties"]["MethodSettings"]
    paced = {
        (one["HttpMethod"], one["ResourcePath"][1:].replace("~1", "/")): one["ThrottlingRateLimit"]
        for one in settings
    }
    events = FUNCTIONS["PublicFunction"]["Events"].values()
    asked = {(one["Properties"]["Method"], one["Properties"]["Path"]) for one in events}
    assert ("GET", "/v1/reliability") in asked
    for route in (one for one in asked if one[0] != "OPTIONS"):
        assert 0 < paced[route] <= 50


def test_who_counts_sessions_and_who_shows_it_may_do_no_more_than_that() -> None:  # S1.16
    (counting,) = FUNCTIONS["ReliabilitySweepFunction"]["Policies"]
    may = {
        (action, str(one["Resource"]))
        for one in counting["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    table, index = {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": "${Table.Arn}/index/outcomes"}
    assert may == {
        ("dynamodb:GetItem", str(table)),
        ("dynamodb:PutItem", str(table)),
        ("dynamodb:Query", str(table)),
        ("dynamodb:Query", str(index)),
    }
    assert "/index/" not in str(FUNCTIONS["PublicFunction"]["Policies"])


def test_counting_that_stops_is_heard_of() -> None:  # S1.16, S4.1
    alarm = RESOURCES["FiguresBehindAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Redial", "FiguresBehind")
    assert alarm["TreatMissingData"] == "breaching"
    # Each run tells how far it is behind: of three hours the best one.
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Minimum", 10800, 7200)


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
    # A picture of a refund request is named by its case, so the folder is the narrowest resource.
    named = [str(one["Resource"]).replace("/refund-requests/*", "") for one in statements]
    broad = [one for one, resource in zip(statements, named, strict=True) if "*" in resource]
    assert [statement["Action"] for statement in broad] == ["ses:SendEmail"]
    assert "ses:FromAddress" in broad[0]["Condition"]["StringEquals"]
    assert not any("*" in str(statement["Action"]) for statement in statements)


@pytest.mark.parametrize("name", ["Table", "ContactsKey", "Users", "Uploads"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str) -> None:  # S4.2
    assert RESOURCES[name]["DeletionPolicy"] == "Retain"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_taken_back_to_any_second() -> None:  # S4.2
    table = RESOURCES["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_the_table_cannot_be_deleted_by_mistake_and_is_encrypted() -> None:  # S4.2
    table = RESOURCES["Table"]["Properties"]
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsLocal", False, True]}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_what_expires_goes_by_itself() -> None:
    lifetime = RESOURCES["Table"]["Properties"]["TimeToLiveSpecification"]
    assert lifetime == {"AttributeName": "expires_at", "Enabled": True}
    for row in (tables.Used, tables.Line, tables.Call, tables.Message):
        assert lifetime["AttributeName"] in row.get_attributes()
    assert RESOURCES["Logs"]["Properties"]["RetentionInDays"] == 90


def test_every_shard_of_the_due_index_is_swept_by_one_schedule() -> None:  # S1.4
    schedules = [
        json.loads(event["Properties"]["Input"])["shards"]
        for event in FUNCTIONS["DueSweepFunction"]["Events"].values()
    ]
    assert sorted(shard for shards in schedules for shard in shards) == list(
        range(tables.DUE_SHARDS)
    )


def test_the_table_and_its_indexes_are_ready_for_what_the_storm_needs() -> None:  # S1.4
    table = RESOURCES["Table"]["Properties"]
    warm = [table, *table["GlobalSecondaryIndexes"]]
    assert {one["WarmThroughput"]["WriteUnitsPerSecond"] for one in warm} == {40_000}


def test_redials_do_not_wait_behind_starts() -> None:  # S1.5
    assert WORKERS["CallsQueue"] == WORKERS["StartsQueue"] == "CallsWorkerFunction"


def test_calls_a_second_are_a_setting_of_the_deployment() -> None:
    assert TEMPLATE["Parameters"]["CallsPerSecond"]["Default"] == 1
    assert GLOBALS["Environment"]["Variables"]["CALLS_PER_SECOND"] == {"Ref": "CallsPerSecond"}
