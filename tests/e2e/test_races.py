"""Many at once over HTTP: one wins, the others are told why, and nothing is stored twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from tests.e2e.customer import Customer
from tests.e2e.local_stack import LocalStack

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

THREADS, ROUNDS = 8, 5


def at_once(send: Callable[[int], requests.Response]) -> list[requests.Response]:
    """Send THREADS requests at the same moment; `send` is given the number of each."""
    start = Barrier(THREADS)

    def run(n: int) -> requests.Response:
        start.wait()
        return send(n)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_of_many_bookings_for_one_slot_exactly_one_wins(
    stack: LocalStack, anna: Customer, boris: Customer
) -> None:  # S1.2

    def one_round() -> None:
        starts_at = stack.free_quarter()

        def book(n: int) -> requests.Response:
            # Half of them want the next quarter too, so that they overlap in different ways.
            customer, minutes = (anna, boris)[n % 2], (5, 30)[n // 2 % 2]
            return customer.api.post("/v1/bookings", customer.order(starts_at, minutes))

        answers = at_once(book)
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
        codes = {answer.json()["code"] for answer in answers if not answer.ok}
        assert codes == {"slot_taken"}
        assert stack.bookings(starts_at) == [answer.json()["id"] for answer in answers if answer.ok]

    for _ in range(ROUNDS):
        one_round()


def test_of_many_bookings_for_any_operator_each_operator_gets_one(
    stack: LocalStack, anna: Customer
) -> None:  # S1.1, S1.2
    order = anna.order(stack.free_quarter(), operator_id=None)
    answers = at_once(lambda _: anna.api.post("/v1/bookings", order))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: THREADS - 2}
    operators = {answer.json()["operator_id"] for answer in answers if answer.ok}
    assert operators == {stack.operator_id, stack.other_operator_id}


def test_one_key_sent_many_times_at_once_books_once(stack: LocalStack, anna: Customer) -> None:

    def one_round(key: str) -> None:
        starts_at = stack.free_quarter()
        order = anna.order(starts_at)
        answers = at_once(lambda _: anna.api.post("/v1/bookings", order, key))
        assert {answer.status_code for answer in answers} == {201}
        assert {answer.json()["id"] for answer in answers} == set(stack.bookings(starts_at))
        assert len(stack.bookings(starts_at)) == 1

    for n in range(ROUNDS):
        one_round(f"race-{n}")
