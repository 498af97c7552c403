"""What template.yaml says of functions, triggers and the table: no list here can drift from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from infra.bench.units import Index
from infra.local.settings import ROOT


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda entry point.

    Args:
        name: its logical id without "Function".
        handler: "module.name".
        layers: logical ids.
        variables: names of its environment variables.
        memory: MB.
    """

    name: str
    handler: str
    layers: tuple[str, ...]
    variables: frozenset[str]
    memory: int


@cache
def _template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def _of_type(kind: str) -> dict[str, dict[str, Any]]:
    resources = _template()["Resources"]
    return {n: r.get("Properties", {}) for n, r in resources.items() if r["Type"] == kind}


def functions() -> tuple[Function, ...]:
    """Every function; lists and maps of its own are added to the global ones, as SAM does."""
    shared = _template()["Globals"]["Function"]
    return tuple(
        Function(
            name=name.removesuffix("Function"),
            handler=own["Handler"],
            layers=tuple(layer["Ref"] for layer in (*shared["Layers"], *own.get("Layers", ()))),
            variables=frozenset(
                variable
                for one in (shared, own)
                for variable in one.get("Environment", {}).get("Variables", {})
            ),
            memory=own.get("MemorySize", shared["MemorySize"]),
        )
        for name, own in _of_type("AWS::Serverless::Function").items()
    )


def every_minute() -> tuple[str, ...]:
    """The functions that the schedule invokes every minute."""
    return tuple(scheduled_every_minute())


def scheduled_every_minute() -> Mapping[str, tuple[dict[str, Any], ...]]:
    """By function, what each of its schedules of a minute gives it."""
    found: dict[str, tuple[dict[str, Any], ...]] = {}
    for name, own in _of_type("AWS::Serverless::Function").items():
        inputs = tuple(
            json.loads(event["Properties"].get("Input", "{}"))
            for event in own.get("Events", {}).values()
            if event["Type"] == "Schedule" and event["Properties"]["Schedule"] == "rate(1 minute)"
        )
        if inputs:
            found[name.removesuffix("Function")] = inputs
    return found


def layers() -> tuple[str, ...]:
    """The layers' logical ids."""
    return tuple(_of_type("AWS::Serverless::LayerVersion"))


def workers() -> dict[str, str]:
    """The function behind each queue, by the queue's logical id without "Queue"."""
    found: dict[str, str] = {}
    for mapping in _of_type("AWS::Lambda::EventSourceMapping").values():
        resource, attribute = mapping["EventSourceArn"]["Fn::GetAtt"]
        if attribute == "Arn":
            function = mapping["FunctionName"]["Ref"].removesuffix("Function")
            found[resource.removesuffix("Queue")] = function
    return found


def streamed() -> frozenset[str]:
    """The kinds of new items that the stream passes on."""
    mapping = _of_type("AWS::Lambda::EventSourceMapping")["RelayTrigger"]
    (one,) = mapping["FilterCriteria"]["Filters"]
    return frozenset(json.loads(one["Pattern"])["dynamodb"]["NewImage"]["kind"]["S"])


def table() -> dict[str, Any]:
    """What CreateTable needs of the table, all but its name."""
    properties = _of_type("AWS::DynamoDB::Table")["Table"]
    parts = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {part: properties[part] for part in parts}


def indexes() -> tuple[Index, ...]:
    """The table's indexes."""
    return tuple(
        Index(
            name=index["IndexName"],
            keys=tuple(key["AttributeName"] for key in index["KeySchema"]),
            everything=index["Projection"]["ProjectionType"] == "ALL",
        )
        for index in table()["GlobalSecondaryIndexes"]
    )
