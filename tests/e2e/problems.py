"""What every refusal must look like (RFC 9457)."""

import requests


def assert_problem(
    answer: requests.Response, status: int, code: str, field: str | None = None
) -> None:
    """A refusal that says what is wrong, and where, and shows nothing of what is inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem.get("field")) == (status, code, field)
    assert problem["title"]
    assert problem["detail"]
    for inside in ("Traceback", 'File "', ".py", "botocore", "pynamodb"):
        assert inside not in answer.text
