"""Bad input, sent over HTTP to the deployed API: refused with the reason, and nothing is stored."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests

from shared.domain.booking_number import with_check_digit
from tests.e2e import providers
from tests.e2e.customer import Customer
from tests.e2e.local_stack import LocalStack
from tests.e2e.problems import assert_problem

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

NOBODY_S = with_check_digit("12345678902")  # a booking number that nobody has
MEGABYTES_10 = b'{"operator_id": "' + b"x" * 10 * 2**20 + b'"}'


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        # S1.2: phone numbers are checked when given
        ({"main_phone": "202 555 0111"}, 422, "phone_no_country_code", "main_phone"),
        ({"main_phone": "+1 202 555 011"}, 422, "phone_invalid", "main_phone"),
        ({"main_phone": "+999 202 555 0111"}, 422, "phone_invalid", "main_phone"),
        ({"main_phone": "call me"}, 422, "phone_no_country_code", "main_phone"),
        ({"backup_phone": "+44 20 7946 0"}, 422, "phone_invalid", "backup_phone"),
        ({"backup_phone": "+12025550111"}, 422, "backup_is_main", "backup_phone"),
        ({"starts_at": "2020-01-01T12:00:00Z"}, 422, "time_in_the_past", "starts_at"),
        ({"starts_at": "2120-01-01T12:00:00Z"}, 422, "too_far_ahead", "starts_at"),
        ({"starts_at": "tomorrow"}, 422, "time_invalid", "starts_at"),
        ({"adult": False}, 422, "not_adult", "adult"),  # S1.1
        ({"minutes": 0}, 422, "length_out_of_range", "minutes"),
        ({"minutes": -30}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 10**12}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 10**400}, 422, "number_too_large", "minutes"),
        ({"minutes": "30"}, 422, "type_wrong", "minutes"),
        ({"operator_id": "nobody"}, 404, "operator_unknown", "operator_id"),
        ({"price": 1}, 422, "field_unknown", "price"),
        # Characters that nobody can see: NUL, bell, a turn of the reading direction, half a pair.
        ({"main_phone": "+1202555\u00000111"}, 422, "characters_invisible", "main_phone"),
        ({"main_phone": "+1202555\u00070111"}, 422, "characters_invisible", "main_phone"),
        ({"operator_id": "\u202eagla"}, 422, "characters_invisible", "operator_id"),
        ({"language": "ru\ud800"}, 422, "characters_invisible", "language"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    stack: LocalStack,
    anna: Customer,
    changes: dict[str, object],
    status: int,
    code: str,
    field: str,
) -> None:
    before = stack.items()
    order = anna.order(_quarter(stack)) | changes
    assert_problem(anna.api.post("/v1/bookings", order), status, code, field)
    assert stack.items() == before


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"minutes=30", 400, "body_not_json", None),
        (b'{"minutes": 30', 400, "body_not_json", None),
        (b"[30]", 400, "body_not_object", None),
        (b'{"minutes": 30, "minutes": 60}', 400, "field_twice", "minutes"),
        (b'{"language": "\x00"}', 400, "body_not_json", None),
        (b"[" * 50_000, 400, "body_too_deep", None),
        (b"", 422, "field_missing", "starts_at"),
        (MEGABYTES_10, 413, "body_too_large", None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_unreadable_body_is_refused_and_nothing_is_stored(
    stack: LocalStack, anna: Customer, body: bytes, status: int, code: str, field: str | None
) -> None:
    before = stack.items()
    answer = anna.api.send("POST", "/v1/bookings", body, {"Idempotency-Key": "unreadable"})
    assert_problem(answer, status, code, field)
    assert stack.items() == before


@pytest.mark.parametrize(
    ("name", "path", "body", "status", "code", "field"),
    [
        ("operator", "/v1/operator/profile", {"name": "\0"}, 422, "characters_invisible", "name"),
        ("operator", "/v1/operator/availability", {"start": "x"}, 422, "time_invalid", "start"),
        ("manager", "/v1/desk/tariffs/new", {"per_minute": 1}, 422, "type_wrong", "per_minute"),
        ("manager", "/v1/desk/tariffs/%00", {}, 404, "route_unknown", None),
        ("operator", "/v1/operator/profile", b"{", 400, "body_not_json", None),
        ("operator", "/v1/operator/profile", MEGABYTES_10, 413, "body_too_large", None),
        ("manager", "/v1/desk/tariffs/new", MEGABYTES_10, 413, "body_too_large", None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_operators_and_the_desk_are_told_too(
    stack: LocalStack,
    name: str,
    path: str,
    body: object,
    status: int,
    code: str,
    field: str | None,
) -> None:
    before = stack.items()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert_problem(stack.user(name).send("PUT", path, data), status, code, field)
    assert stack.items() == before


# --- the same request again ---------------------------------------------------------------------


def test_a_double_submit_of_the_same_body_is_one_booking(stack: LocalStack, anna: Customer) -> None:
    order = anna.order(stack.free_quarter())
    first = anna.api.post("/v1/bookings", order, "twice-the-same")
    before = stack.items()
    again = anna.api.post("/v1/bookings", dict(reversed(order.items())), "twice-the-same")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert stack.items() == before


def test_a_double_submit_with_another_body_is_refused(stack: LocalStack, anna: Customer) -> None:
    starts_at = stack.free_quarter()
    assert anna.api.post("/v1/bookings", anna.order(starts_at), "twice-different").ok
    before = stack.items()
    other = anna.order(starts_at + timedelta(minutes=15))
    answer = anna.api.post("/v1/bookings", other, "twice-different")
    assert_problem(answer, 422, "idempotency_key_reused", "Idempotency-Key")
    assert stack.items() == before


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "idempotency_key_missing"), ("two words", "idempotency_key_invalid")],
)
def test_a_post_without_a_good_key_is_refused(
    stack: LocalStack, anna: Customer, key: str, code: str
) -> None:
    before = stack.items()
    body = json.dumps(anna.order(_quarter(stack))).encode()
    answer = anna.api.send("POST", "/v1/bookings", body, {"Idempotency-Key": key})
    assert_problem(answer, 400, code, "Idempotency-Key")
    assert stack.items() == before


# --- webhooks -----------------------------------------------------------------------------------

EVENT = providers.event("pi_unknown")
MINUTES_6 = timedelta(minutes=6)
Sent = Callable[[LocalStack], requests.Response]


@pytest.mark.parametrize(
    ("send", "status", "code", "field"),
    [
        pytest.param(
            lambda stack: providers.webhook(stack, EVENT, secret="whsec_of_somebody_else"),
            *(403, "signature_invalid", "Stripe-Signature"),
            id="forged",
        ),
        pytest.param(
            lambda stack: stack.nobody.send("POST", providers.WEBHOOK, EVENT),
            *(403, "signature_invalid", "Stripe-Signature"),
            id="unsigned",
        ),
        pytest.param(
            lambda stack: providers.webhook(stack, EVENT, at=datetime.now(UTC) - MINUTES_6),
            *(403, "signature_invalid", "Stripe-Signature"),
            id="stale",
        ),
        pytest.param(
            lambda stack: providers.webhook(stack, EVENT, at=datetime.now(UTC) + MINUTES_6),
            *(403, "signature_invalid", "Stripe-Signature"),
            id="of the future",
        ),
        pytest.param(
            lambda stack: providers.webhook(stack, b"{}"),
            *(400, "event_malformed", None),
            id="signed, but no event",
        ),
        pytest.param(
            lambda stack: providers.webhook(stack, b"\xff\x00"),
            *(403, "signature_invalid", "Stripe-Signature"),
            id="not UTF-8, so that the gateway changes it",
        ),
        pytest.param(
            lambda stack: providers.webhook(stack, MEGABYTES_10),
            *(413, "body_too_large", None),
            id="10 MB",
        ),
    ],
)
def test_a_webhook_that_is_not_the_payment_provider_s_is_refused_and_not_stored(
    stack: LocalStack, send: Sent, status: int, code: str, field: str | None
) -> None:
    before = stack.items()
    assert_problem(send(stack), status, code, field)
    assert stack.items() == before


def test_a_webhook_that_comes_again_is_acknowledged_and_stored_once(stack: LocalStack) -> None:
    body = providers.event("pi_unknown")
    known = set(stack.items())
    assert providers.webhook(stack, body).status_code == 200
    stored = stack.items()
    inbox = f"INBOX#stripe#{json.loads(body)['id']}"
    assert set(stored) - known == {(inbox, "INBOX")}
    for _ in range(3):
        assert providers.webhook(stack, body).status_code == 200
    assert stack.items() == stored


# --- telephony ------------------------------------------------------------------------------------

CALL = {"CallSid": "CA" + "0" * 32, "CallStatus": "completed", "AccountSid": "AC" + "0" * 32}
LEG = f"?leg={NOBODY_S}-1&booking={NOBODY_S}"
JOIN = {"StatusCallbackEvent": "participant-join", "ParticipantLabel": f"{NOBODY_S}-1"}


@pytest.mark.parametrize(
    ("path", "form", "status", "code", "field"),
    [
        (f"answer{LEG}", CALL, 404, "booking_unknown", "booking_id"),
        (f"keys{LEG}&step=confirm", CALL | {"Digits": "1"}, 404, "booking_unknown", "booking_id"),
        (f"left{LEG}", CALL, 404, "booking_unknown", "booking_id"),
        (f"status{LEG}", CALL, 404, "booking_unknown", "booking_id"),
        (f"conference{LEG}", CALL | JOIN, 404, "booking_unknown", "booking_id"),
        ("status", CALL, 404, "call_unknown", "CallSid"),
        ("status", CALL | {"CallStatus": "exploded"}, 422, "status_unknown", "CallStatus"),
        ("status", {"CallStatus": "completed"}, 422, "field_missing", "CallSid"),
        ("answer", CALL, 422, "field_missing", "booking"),
        ("announce?prompt=rude&lang=en", CALL, 422, "prompt_unknown", "prompt"),
    ],
)
def test_a_callback_for_what_is_not_there_is_refused(
    stack: LocalStack, path: str, form: dict[str, str], status: int, code: str, field: str
) -> None:
    before = stack.items()
    assert_problem(providers.voice(stack, path, form), status, code, field)
    assert stack.items() == before


def test_a_callback_for_an_unknown_leg_of_a_booking_is_refused(
    stack: LocalStack, anna: Customer
) -> None:
    booking_id = anna.book(stack.free_quarter())["id"]
    before = stack.items()
    path = f"answer?leg={booking_id}-9&booking={booking_id}"
    assert_problem(providers.voice(stack, path, CALL), 404, "leg_unknown", "leg")
    assert stack.items() == before


@pytest.mark.parametrize(
    "path", [f"{route}{LEG}" for route in ("answer", "keys", "left", "status", "inbound")]
)
def test_a_callback_whose_form_or_address_was_altered_is_refused(
    stack: LocalStack, path: str
) -> None:
    before = stack.items()
    altered = CALL | {"CallStatus": "in-progress"}
    answer = providers.voice(stack, path, CALL, sent=altered)
    assert_problem(answer, 403, "signature_invalid")
    unsigned = stack.nobody.send("POST", f"/v1/voice/{path}", b"CallSid=CA1")
    assert_problem(unsigned, 403, "signature_invalid")
    elsewhere = providers.voice(stack, path, CALL, sent_to=f"{path}&again=1")
    assert_problem(elsewhere, 403, "signature_invalid")
    assert stack.items() == before


@pytest.mark.parametrize("body", [b"From=\xff\xfe\x00", MEGABYTES_10], ids=["bytes", "10 MB"])
def test_a_callback_nobody_can_read_is_refused(stack: LocalStack, body: bytes) -> None:
    before = stack.items()
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "eA=="}
    answer = stack.nobody.send("POST", "/v1/voice/inbound", body, form)
    too_large = len(body) > 64 * 1024
    status, code = (413, "body_too_large") if too_large else (403, "signature_invalid")
    assert_problem(answer, status, code)
    assert stack.items() == before


def _quarter(stack: LocalStack) -> datetime:
    """A time at which a session could start, whether or not it is free."""
    return (stack.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
