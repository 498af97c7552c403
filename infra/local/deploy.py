"""The very template.yaml, built and deployed onto the local AWS, and what is left to do then."""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from infra.local.processes import Ledger
from infra.local.settings import NUMBER, REGION, SENDER, SUPERVISOR, Keys, Settings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

STACK = "redial"
_BUCKET = "redial-artefacts"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment made.

    Args:
        api: base address of the API, its stage included.
        functions: physical name by logical name without "Function".
        queues: address by logical name without "Queue".
    """

    api: str
    table: str
    user_pool: str
    client: str
    functions: dict[str, str]
    queues: dict[str, str]


def build(settings: Settings, ledger: Ledger) -> None:
    """`sam build`: compiled layers and code."""
    command = ["build", "--template", "template.yaml", "--build-dir", str(_built(settings))]
    ledger.run("build", _sam(*command), _environment(settings), seconds=300)


def deploy(settings: Settings, ledger: Ledger, keys: Keys) -> Deployed:
    """`sam deploy`, and the steps after it that MiniStack does not take from the template."""
    client(settings, "s3").create_bucket(Bucket=_BUCKET)
    parameters = {
        "Environment": "local",
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "MailFrom": SENDER,
        "SupervisorEmail": SUPERVISOR,
        "TwilioNumber": NUMBER,
        "CallsPerSecond": "10",
        "StripeApiKey": keys.stripe_api_key,
        "StripeWebhookSecret": keys.stripe_webhook_secret,
        "TwilioAccountSid": keys.twilio_account_sid,
        "TwilioAuthToken": keys.twilio_auth_token,
        "PhoneKey": keys.phone_key,
        "LocalGatewayUrl": _gateway(settings),
        "StripeApiBase": settings.payments,
        "TwilioApiBase": settings.exchange,
        "BusinessClockFile": str(settings.clock_file),
    }
    command = _sam(
        "deploy",
        *("--template-file", str(_built(settings) / "template.yaml"), "--stack-name", STACK),
        *("--no-resolve-s3", "--s3-bucket", _BUCKET, "--region", REGION),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
    )
    ledger.run("deploy", command, _environment(settings), seconds=180)
    deployed = _read(settings)
    client(settings, "dynamodb").update_time_to_live(
        TableName=deployed.table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )
    client(settings, "ses").verify_email_identity(EmailAddress=SENDER)
    return deployed


def client(settings: Settings, service: Any, **options: Any) -> Any:
    """A boto3 client of the local AWS."""
    return boto3.client(
        service,
        endpoint_url=settings.aws,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        **options,
    )


def _read(settings: Settings) -> Deployed:
    stacks: CloudFormationClient = client(settings, "cloudformation")
    described = stacks.describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    made = {"AWS::Lambda::Function": "Function", "AWS::SQS::Queue": "Queue"}
    named: dict[str, dict[str, str]] = {suffix: {} for suffix in made.values()}
    for page in stacks.get_paginator("list_stack_resources").paginate(StackName=STACK):
        for resource in page["StackResourceSummaries"]:
            if suffix := made.get(resource["ResourceType"]):
                name = resource["LogicalResourceId"].removesuffix(suffix)
                named[suffix][name] = resource["PhysicalResourceId"]
    return Deployed(
        api=f"{_gateway(settings)}/{outputs['ApiId']}/live",
        table=outputs["TableName"],
        user_pool=outputs["UserPoolId"],
        client=outputs["UserPoolClientId"],
        functions=named["Function"],
        queues=named["Queue"],
    )


def _built(settings: Settings) -> Path:
    """Where this stack's build lies: two stacks may be built at once."""
    return settings.work / "sam"


def _gateway(settings: Settings) -> str:
    return f"{settings.aws}/_aws/execute-api"


def _sam(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("sam")), *arguments]


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, for certificates and caches, but with the project's tools first and no AWS account."""
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return inherited | settings.aws_environment() | {"PATH": tools, "SAM_CLI_TELEMETRY": "0"}
