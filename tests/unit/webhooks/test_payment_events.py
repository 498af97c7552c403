"""What the payment webhook takes, what it refuses, and what it acknowledges and lets be."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from moto import mock_aws

from functions.webhooks import stripe
from infra.local.payments.webhooks import signature
from shared import bootstrap
from tests.contract.store_subjects import aws_environment, make_table

pytestmark = pytest.mark.usefixtures("stored")

SECRET = "whsec_example"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "amount": 1}},
}


@pytest.fixture
def stored() -> Iterator[None]:
    """The table and the provider's secret, as the function finds them."""
    made = (bootstrap.store, bootstrap.client, bootstrap.provider_secrets, bootstrap.session)
    with aws_environment(None), mock_aws():
        secrets: Any = get_session().create_client("secretsmanager")
        secrets.create_secret(
            Name="providers", SecretString=json.dumps({"stripe_webhook_secret": SECRET})
        )
        for each in made:
            each.cache_clear()
        os.environ["TABLE"], os.environ["PROVIDERS_SECRET"] = make_table(), "providers"
        yield
        del os.environ["TABLE"], os.environ["PROVIDERS_SECRET"]
        for each in made:
            each.cache_clear()


def deliver(
    event: dict[str, Any], *, secret: str = SECRET, off: timedelta = timedelta(0)
) -> dict[str, Any]:
    """One delivery; `off` is how far its signature's time lies from now."""
    body = json.dumps(event)
    header = signature(body.encode(), secret, datetime.now(UTC) + off)
    path, headers = "/v1/webhooks/stripe", {"Stripe-Signature": header}
    return stripe.handler({"path": path, "body": body, "headers": headers}, None)


def kept(*event_ids: str) -> frozenset[str]:
    return bootstrap.store().known("stripe", event_ids)


def test_signed_event_is_kept_once_however_often_it_comes() -> None:
    # S2.1
    for _ in range(50):
        assert deliver(EVENT)["statusCode"] == 200
    assert kept("evt_1") == {"evt_1"}


def test_freshly_signed_delivery_of_a_three_day_old_event_is_worked() -> None:
    # S2.5
    created = datetime.now(UTC) - timedelta(days=3)
    assert deliver(EVENT | {"created": int(created.timestamp())})["statusCode"] == 200
    assert kept("evt_1") == {"evt_1"}


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_signature_more_than_five_minutes_off_either_way_is_refused(off: timedelta) -> None:
    # S2.10
    answer = deliver(EVENT, off=off)
    assert json.loads(answer["body"])["code"] == "signature_invalid"
    assert answer["statusCode"] == 403
    assert kept("evt_1") == frozenset()


def test_forged_event_is_refused() -> None:
    # S2.10
    answer = deliver(EVENT, secret="whsec_guessed")
    assert json.loads(answer["body"])["code"] == "signature_invalid"
    assert kept("evt_1") == frozenset()


def test_unknown_type_is_acknowledged_and_not_kept() -> None:
    # S2.5: otherwise the provider would send it again for three days
    assert deliver(EVENT | {"type": "price.created"})["statusCode"] == 200
    assert kept("evt_1") == frozenset()


def test_event_of_another_account_is_acknowledged_and_not_worked() -> None:
    # S2.5: docs.stripe.com/connect/webhooks: `account` names it
    assert deliver(EVENT | {"account": "acct_other"})["statusCode"] == 200
    assert kept("evt_1") == frozenset()


def test_unknown_type_whose_object_has_no_id_is_acknowledged() -> None:
    # S2.5: docs.stripe.com/api/balance/balance_object has none
    about = {"type": "balance.available", "data": {"object": {"object": "balance"}}}
    assert deliver(EVENT | about)["statusCode"] == 200


@pytest.mark.parametrize("wrong", [None, {"id": "pi_1"}, "", "x" * 256, 7])
def test_worked_type_whose_object_has_no_proper_id_is_refused(wrong: object) -> None:
    # S2.5
    answer = deliver(EVENT | {"data": {"object": {"id": wrong}}})
    assert json.loads(answer["body"])["code"] == "event_malformed"
    assert kept("evt_1") == frozenset()
