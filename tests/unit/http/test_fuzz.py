"""Whatever is sent to POST /v1/bookings, the answer is a booking or a problem, never a failure."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.http.house import House, order

_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["2030-01-31T18:00:00Z", "0001-01-01T00:00:00-23:59", "+1", "9" * 50]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from([*order(), "backup_phone", "use_balance"]) | st.text(max_size=5)


def _judge(body: str, **parts: Any) -> None:
    house = House()
    answer = house.ask("POST", "/v1/bookings", body=body, **parts)
    assert answer.status < 500, answer.text
    if answer.status != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"]
        assert house.trace() == house.untouched


@settings(deadline=None)
@given(changes=st.dictionaries(_NAMES, _ANYTHING, min_size=1, max_size=4))
def test_changed_fields(changes: dict[str, Any]) -> None:
    _judge(json.dumps(order() | changes))


@settings(deadline=None)
@given(body=st.text(st.characters()))
def test_any_text(body: str) -> None:
    _judge(body)


@settings(deadline=None)
@given(body=st.text(st.characters()))
def test_any_text_as_base64(body: str) -> None:
    _judge(body, is_base64=True)


@settings(deadline=None)
@given(key=st.text(st.characters()), content_type=st.text(st.characters()))
def test_any_headers(key: str, content_type: str) -> None:
    headers = {"Idempotency-Key": key, "Content-Type": content_type}
    _judge(json.dumps(order()), headers=headers)
