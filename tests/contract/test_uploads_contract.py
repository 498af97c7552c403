"""Pictures go past our code: what was signed is what the store lets through (S2.4)."""

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from botocore.session import get_session

from shared.adapters.uploads import S3Uploads
from shared.application.uploads import Upload
from shared.domain.booking_number import with_check_digit
from tests.contract.store_subjects import aws_environment

NUMBER = with_check_digit("12345678901")
NAME = "0" * 32
LARGEST = 1000
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def offline() -> Iterator[S3Uploads]:
    with aws_environment(None):
        session = get_session()
        session.set_config_variable("region", "eu-central-1")
        yield S3Uploads(session, "redial-pictures")


@pytest.fixture
def local(local_aws: str) -> Iterator[S3Uploads]:
    with aws_environment(local_aws):
        bucket = f"pictures-{uuid.uuid4().hex[:12]}"
        s3: Any = get_session().create_client("s3")
        s3.create_bucket(Bucket=bucket)
        yield S3Uploads(get_session(), bucket)


def policy(upload: Upload) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(upload.fields["policy"]))
    return decoded


def test_a_permission_is_for_one_place_one_type_and_a_limited_size(offline: S3Uploads) -> None:
    upload = offline.permit(NUMBER, NAME, "image/png", LARGEST)  # S2.4
    conditions = policy(upload)["conditions"]
    assert ["content-length-range", 1, LARGEST] in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert {"key": upload.key} in conditions
    assert {"bucket": "redial-pictures"} in conditions
    assert not any("starts-with" in condition for condition in conditions)
    assert upload.fields["key"] == upload.key
    assert upload.fields["Content-Type"] == "image/png"


def test_a_permission_ends_after_a_quarter_of_an_hour(offline: S3Uploads) -> None:
    ends = datetime.fromisoformat(
        policy(offline.permit(NUMBER, NAME, "image/png", 1))["expiration"]
    )
    assert timedelta(minutes=14) < ends - datetime.now(UTC) <= timedelta(minutes=15)


def test_permissions_are_signed_the_way_every_region_takes(offline: S3Uploads) -> None:
    upload = offline.permit(NUMBER, NAME, "image/png", 1)
    assert upload.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert len(upload.fields["x-amz-signature"]) == 64
    assert upload.url == "https://redial-pictures.s3.eu-central-1.amazonaws.com/"


def test_a_permission_that_is_asked_for_again_is_for_the_same_place(offline: S3Uploads) -> None:
    keys = {offline.permit(NUMBER, NAME, "image/png", 1).key for _ in range(2)}
    assert keys == {f"refund-requests/{NUMBER}/{NAME}"}


def test_a_picture_can_be_fetched_for_five_minutes_and_is_saved_not_shown(
    offline: S3Uploads,
) -> None:
    key = offline.permit(NUMBER, NAME, "image/png", 1).key
    address = urlsplit(offline.download_url(key))
    query = parse_qs(address.query)
    assert address.netloc == "redial-pictures.s3.eu-central-1.amazonaws.com"
    assert address.path == f"/{key}"
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["response-content-disposition"] == ["attachment"]


@pytest.mark.xdist_group("ministack")
def test_a_picture_within_the_limit_arrives_and_can_be_fetched(local: S3Uploads) -> None:  # S2.4
    upload = local.permit(NUMBER, NAME, "image/png", LARGEST)
    assert send(upload, PNG) in (200, 201, 204)
    with urlopen(local.download_url(upload.key), timeout=10) as answer:
        assert answer.read() == PNG


@pytest.mark.xdist_group("ministack")
def test_a_picture_above_the_limit_is_refused(local: S3Uploads) -> None:  # S2.4
    upload = local.permit(NUMBER, NAME, "image/png", LARGEST)
    assert send(upload, b"x" * (LARGEST + 1)) == 400


@pytest.mark.xdist_group("ministack")
@pytest.mark.parametrize(
    "changed", [{"Content-Type": "text/html"}, {"key": "refund-requests/1/other"}]
)
def test_what_was_not_signed_is_refused(local: S3Uploads, changed: dict[str, str]) -> None:
    assert send(local.permit(NUMBER, NAME, "image/png", LARGEST), PNG, changed) == 403


def send(upload: Upload, picture: bytes, changed: dict[str, str] | None = None) -> int:
    """POST a picture as a browser's form does; returns the status."""
    border = uuid.uuid4().hex
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**upload.fields, **(changed or {})}.items()
    ]
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body = "".join([*parts, head]).encode() + picture + f"\r\n--{border}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
    try:
        with urlopen(Request(upload.url, body, headers), timeout=10) as answer:
            status: int = answer.status
            return status
    except HTTPError as refused:
        return refused.code
