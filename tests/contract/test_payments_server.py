"""The wire: what the stripe package and the webhook see of the payment double's server."""

import logging
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import stripe

from infra.local.payments.faults import RequestFault
from shared.adapters.stripe.payments import StripePayments
from shared.adapters.stripe.signature import verify
from shared.domain.errors import OutcomeUnknown, RedialError, Unavailable
from shared.domain.money import Money
from tests.contract.payments_subjects import (
    PUBLISHABLE_KEY,
    SECRET_KEY,
    WEBHOOK_SECRET,
    OverHttp,
    served,
)

_WAIT_SECONDS = 60.0
# Patience is counted in looks: a machine that stands still meanwhile does not use it up.
_LOOKS = 2000
_SECONDS_BETWEEN_LOOKS = 0.01


@pytest.fixture
def double() -> Iterator[OverHttp]:
    with served() as over_http:
        yield over_http


@dataclass
class Receiver:
    """An application's webhook endpoint: refuses the first few, takes the rest."""

    refuse: int = 0
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def take(self, body: bytes, header: str) -> int:
        with self.changed:
            self.bodies.append((body, header))
            self.changed.notify_all()
            self.refuse -= 1
            return 500 if self.refuse >= 0 else 200

    def events(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many deliveries and return them all."""
        with self.changed:
            for _ in range(_LOOKS):
                if len(self.bodies) >= count:
                    break
                self.changed.wait(_SECONDS_BETWEEN_LOOKS)
            assert len(self.bodies) >= count, f"{len(self.bodies)} of {count} deliveries came"
            events = [
                stripe.Webhook.construct_event_without_verification(body).to_dict()
                for body, _ in self.bodies
            ]
        return events


@contextmanager
def receiving(receiver: Receiver) -> Iterator[None]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(double: OverHttp) -> Iterator[Receiver]:
    endpoint = Receiver()
    with receiving(endpoint):
        double.control("webhook", {"url": endpoint.url}).raise_for_status()
        yield endpoint


def until(double: OverHttp, attempts: list[int]) -> None:
    """Wait until undelivered webhooks were tried so often: noted only after they were answered.

    The next attempt is due so long after that note; a clock put forward before it stops too early.
    """
    seen: list[int] = []
    for _ in range(_LOOKS):
        seen = [each["attempts"] for each in double.state()["deliveries"]]
        if seen == attempts:
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    raise AssertionError(f"tried {seen} times, not {attempts}")


def make(double: OverHttp, key: str) -> str:
    return double.payments.create_intent(Money(1000, "usd"), {}, key).intent_id


# --- webhooks: docs.stripe.com/webhooks ---------------------------------------------------------


def test_webhooks_are_signed_so_that_both_verifiers_agree(
    double: OverHttp, receiver: Receiver
) -> None:
    identifier = make(double, "k1")
    [event] = receiver.events(1)
    [(body, header)] = receiver.bodies
    verify(body, header, [WEBHOOK_SECRET], datetime.now(UTC))
    assert stripe.WebhookSignature.verify_header(body, header, WEBHOOK_SECRET)
    assert event["type"] == "payment_intent.created"
    assert event["data"]["object"]["id"] == identifier


def test_webhook_is_sent_again_until_it_is_taken(double: OverHttp, receiver: Receiver) -> None:
    receiver.refuse = 2
    make(double, "k1")
    for attempts, wait in ((1, timedelta(minutes=1)), (2, timedelta(minutes=2))):
        receiver.events(attempts)
        until(double, [attempts])
        double.advance(wait)
    assert len({event["id"] for event in receiver.events(3)}) == 1
    until(double, [])


def test_events_from_before_the_address_was_known_are_delivered(double: OverHttp) -> None:
    identifier = make(double, "k1")
    endpoint = Receiver()
    with receiving(endpoint):
        double.control("webhook", {"url": endpoint.url}).raise_for_status()
        [event] = endpoint.events(1)
    assert event["data"]["object"]["id"] == identifier


def test_webhooks_may_be_lost_doubled_and_out_of_order(
    double: OverHttp, receiver: Receiver
) -> None:
    orders = [{"kind": "drop"}, {"kind": "twice"}, {"kind": "shuffle", "count": 2}]
    double.control("faults", {"webhooks": orders}).raise_for_status()
    names = {make(double, f"k{number}"): f"k{number}" for number in range(1, 5)}
    receiver.events(3)
    double.advance(timedelta(seconds=2))
    arrived = [names[event["data"]["object"]["id"]] for event in receiver.events(4)]
    assert sorted(arrived[:3]) == ["k2", "k2", "k4"]
    assert arrived[3] == "k3"


def test_every_webhook_may_be_lost_until_told_otherwise(
    double: OverHttp, receiver: Receiver
) -> None:
    double.control("faults", {"webhooks": [{"kind": "drop", "count": None}]}).raise_for_status()
    for number in range(3):
        make(double, f"k{number}")
    requests.delete(f"{double.address}/_control/faults", timeout=_WAIT_SECONDS).raise_for_status()
    last = make(double, "k9")
    [event] = receiver.events(1)
    assert event["data"]["object"]["id"] == last


def test_webhook_may_come_before_our_own_call_is_answered(
    double: OverHttp, receiver: Receiver
) -> None:
    # Issue 3, bad luck: before our own API call has answered.
    double.spoil(RequestFault.LATE, "/v1/payment_intents")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(make, double, "k1")
        [event] = receiver.events(1)
        assert not answer.done()
        assert event["data"]["object"]["id"] == answer.result()


# --- the stripe package against the double ------------------------------------------------------


def test_lists_page_and_filter_by_time(double: OverHttp) -> None:
    # docs.stripe.com/api/payment_intents/list, docs.stripe.com/api/pagination
    old = make(double, "k1")
    double.advance(timedelta(hours=1))
    since = int(double.clock.now().timestamp())
    new = [make(double, f"k{number}") for number in (2, 3, 4)]
    listing = double.sdk.v1.payment_intents.list({"limit": 2, "created": {"gte": since}})
    assert (len(listing.data), listing.has_more) == (2, True)
    assert [each.id for each in listing.auto_paging_iter()] == new[::-1]
    rest = double.sdk.v1.payment_intents.list({"starting_after": new[0]})
    assert [each.id for each in rest.data] == [old]
    before = double.sdk.v1.payment_intents.list({"ending_before": new[0], "limit": 1})
    assert [each.id for each in before.data] == [new[1]]


def test_charges_and_their_card_are_found_by_intent(double: OverHttp) -> None:
    # docs.stripe.com/api/charges/list
    intent = double.payments.create_intent(Money(1000, "usd"), {}, "k1")
    double.pay(intent, "pm_card_chargeDeclinedLostCard")
    double.pay(intent, "pm_card_visa")
    latest, failed = double.sdk.v1.charges.list({"payment_intent": intent.intent_id}).data
    assert (latest.status, failed.status, failed.failure_code) == (
        "succeeded",
        "failed",
        "card_declined",
    )
    charge = double.sdk.v1.charges.retrieve(latest.id)
    details = charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert (details.card.brand, details.card.last4, details.card.country) == ("visa", "4242", "US")
    assert details.card.fingerprint


def test_events_are_listed_by_type_newest_first(double: OverHttp) -> None:
    # docs.stripe.com/api/events/list
    intent = double.payments.create_intent(Money(1000, "usd"), {}, "k1")
    double.pay(intent)
    double.payments.create_refund(intent.intent_id, Money(10, "usd"), {}, "k2")
    every = [event.type for event in double.sdk.v1.events.list().auto_paging_iter()]
    assert every == [
        "charge.refunded",
        "refund.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    wanted = double.sdk.v1.events.list({"types": ["refund.created", "charge.succeeded"]})
    assert [event.type for event in wanted.data] == ["refund.created", "charge.succeeded"]
    [made] = double.sdk.v1.events.list({"type": "payment_intent.created"}).data
    assert double.sdk.v1.events.retrieve(made.id).request is not None
    assert double.sdk.v1.events.retrieve(made.id).request.idempotency_key == "k1"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("parameters", "status", "code", "param"),
    [
        ({"currency": "usd"}, 400, "parameter_missing", "amount"),
        ({"amount": "1"}, 400, "parameter_missing", "currency"),
        ({"amount": "x", "currency": "usd"}, 400, "parameter_invalid_integer", "amount"),
        ({"amount": "0", "currency": "usd"}, 400, "parameter_invalid_integer", "amount"),
        ({"amount": "1", "currency": "usd", "x": "1"}, 400, "parameter_unknown", "x"),
        ({"amount": "1", "currency": ""}, 400, "parameter_invalid_empty", "currency"),
        (
            {"amount": "1", "currency": "usd", "payment_method_types[0]": "card"},
            400,
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (
            {"amount": "1", "currency": "usd", "payment_method": "pm_unknown"},
            404,
            "resource_missing",
            "payment_method",
        ),
    ],
)
def test_bad_parameters_are_named(
    double: OverHttp, parameters: dict[str, str], status: int, code: str, param: str
) -> None:
    # docs.stripe.com/api/errors, docs.stripe.com/error-codes
    answer = requests.post(
        f"{double.address}/v1/payment_intents",
        data=parameters,
        auth=(SECRET_KEY, ""),
        timeout=_WAIT_SECONDS,
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (status, "invalid_request_error")
    assert (error["code"], error["param"]) == (code, param)
    assert double.state()["payment_intents"] == []


def test_publishable_key_opens_one_intent_with_its_client_secret(double: OverHttp) -> None:
    # docs.stripe.com/keys, docs.stripe.com/api/payment_intents/object#client_secret
    intent = double.payments.create_intent(Money(1000, "usd"), {}, "k1")

    def answered(path: str, secret: str | None) -> int:
        return requests.get(
            f"{double.address}/v1/{path}",
            params=None if secret is None else {"client_secret": secret},
            headers={"Authorization": f"Bearer {PUBLISHABLE_KEY}"},
            timeout=_WAIT_SECONDS,
        ).status_code

    path = f"payment_intents/{intent.intent_id}"
    assert answered(path, intent.client_secret) == 200
    assert answered(path, "pi_x_secret_y") == 400
    assert answered(path, None) == 401
    assert answered("payment_intents", intent.client_secret) == 401


def test_key_in_use_is_unavailable_and_the_first_request_goes_on(double: OverHttp) -> None:
    # docs.stripe.com/error-codes#idempotency-key-in-use
    double.spoil(RequestFault.SLOW, "/v1/payment_intents")

    def attempt(_: int) -> str:
        try:
            return make(double, "k1")
        except Unavailable as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        made, refused = sorted(pool.map(attempt, range(2)), reverse=True)
    assert refused == "idempotency_key_in_use"
    assert make(double, "k1") == made


# --- the adapter's errors -----------------------------------------------------------------------


def failure(payments: StripePayments) -> RedialError:
    with pytest.raises(RedialError) as raised:
        payments.create_intent(Money(1000, "usd"), {}, "k1")
    return raised.value


def test_refused_key_is_unavailable_with_a_clear_code(double: OverHttp) -> None:
    # docs.stripe.com/error-low-level
    refusal = failure(StripePayments("sk_test_wrong_0123456789", double.address))
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "provider_refused_key"


def test_address_where_nobody_listens_is_unavailable_because_nothing_was_sent() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as unused:
        address = f"http://127.0.0.1:{unused.server_address[1]}"
    refusal = failure(StripePayments(SECRET_KEY, address))
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "provider_unreachable"


def test_answer_that_is_not_stripes_is_unknown() -> None:
    # A proxy's error page says nothing about what happened behind it.
    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(502)
            self.end_headers()
            self.wfile.write(b"<html>bad gateway</html>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        refusal = failure(StripePayments(SECRET_KEY, address))
        server.shutdown()
    assert isinstance(refusal, OutcomeUnknown)


def test_read_is_repeated_once(double: OverHttp) -> None:
    identifier = make(double, "k1")
    double.spoil(RequestFault.ERROR_BEFORE, "/v1/payment_intents")
    assert double.payments.intent(identifier).intent_id == identifier


def test_secrets_show_neither_in_representations_nor_in_logs_nor_in_errors(
    double: OverHttp, caplog: pytest.LogCaptureFixture
) -> None:
    # S2.10: the client secret goes to the customer and nowhere else.
    caplog.set_level(logging.DEBUG)
    wrong = "sk_test_wrong_0123456789"
    intent = double.payments.create_intent(Money(1000, "usd"), {}, "k1")
    double.pay(intent)
    double.payments.cancel_intent(intent.intent_id)
    refusals = [
        failure(StripePayments(wrong, double.address)),
        failure(StripePayments(SECRET_KEY, "http://127.0.0.1:1")),
    ]
    shown = [repr(double.payments), repr(vars(double.payments)), repr(intent), caplog.text]
    shown += [text for each in refusals for text in (repr(each), each.detail)]
    shown += ["".join(traceback.format_exception(each)) for each in refusals]
    assert intent.client_secret is not None
    for text in shown:
        assert SECRET_KEY not in text
        assert wrong not in text
        assert wrong[-4:] not in text
        assert intent.client_secret not in text


# --- the process --------------------------------------------------------------------------------


def test_server_starts_by_its_command_and_ends_cleanly_on_sigterm() -> None:
    command = [sys.executable, "-m", "infra.local.payments.server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        payments = StripePayments("sk_test_local", address)
        assert payments.create_intent(Money(1000, "usd"), {}, "k1").amount == Money(1000, "usd")
        process.send_signal(signal.SIGTERM)
        assert process.wait(_WAIT_SECONDS) == 0
