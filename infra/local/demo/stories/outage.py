"""No call can be placed: a manager declares it, and all it broke is made good once (S1.13)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    BACKUP,
    CUSTOMER,
    OPERATOR,
    OTHER_CUSTOMER,
    OTHER_OPERATOR,
    TAKES_CALLS,
    Answer,
    Cast,
    book_and_pay,
    calm,
    hurry,
    second_operator,
    set_the_stage,
    text,
    wait_for,
)
from infra.local.demo.watching import Watch

_MINUTES = 5
_BONUS = 15 * 60
_ATTEMPTS = 500  # more than are made while it lasts
_CHOICES = "please choose"


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    numbers = (OPERATOR, OTHER_OPERATOR, CUSTOMER, BACKUP, OTHER_CUSTOMER)
    start = set_the_stage(cast, people={number: TAKES_CALLS for number in numbers})
    second_operator(cast, start)
    broken = _broken(cast, screen, start)
    outage = _declare(cast, screen, start)
    before = [len(_letters(cast, customer)) for customer in ("customer", "customer_2")]
    first = _gone_through(cast, outage, 1, screen)
    for watch in broken:
        screen.say(f"\nWhat came of it for booking {watch.booking['id']}:")
        watch.until_happened("OutageFound")
    failures = [*_made_good(cast, broken, before), *_counted(first)]
    failures += _once_more(cast, outage, screen)
    failures += _unharmed(cast, screen, start + timedelta(minutes=30))
    screen.say("\nThe outage, as a manager sees it now:")
    _gone_through(cast, outage, 2, screen)
    for event in cast.manager.get(f"/v1/desk/outages/{outage}")["timeline"]:
        screen.say(telling.line(event))
    failures += _made_good(cast, broken, before)
    return [*books.trial_balance(cast, screen), *failures]


def _broken(cast: Cast, screen: telling.Screen, start: datetime) -> tuple[Watch, Watch]:
    """Two sessions at the same time, while no call can be placed."""
    olga, pavel, phones = cast.operator_id, cast.other_operator_id, (OTHER_CUSTOMER, None)
    one = book_and_pay(cast, cast.customer, olga, start, minutes=_MINUTES)
    two = book_and_pay(cast, cast.other_customer, pavel, start, minutes=_MINUTES, phones=phones)
    cast.exchange.post("/_control/faults", {"placing": ["429"] * _ATTEMPTS})
    screen.say(f"\nThe telephone provider takes no calls; {one['id']} and {two['id']} begin:")
    watches = (
        Watch(cast, cast.customer, one["id"], screen),
        Watch(cast, cast.other_customer, two["id"], screen),
    )
    hurry(cast)
    for watch in watches:
        watch.until_happened("OfferMade")
    calm(cast)
    cast.exchange.post("/_control/faults", {})
    for user in ("customer", "customer_2"):
        post.letter(cast, cast.addresses[user], _CHOICES)
    return watches


def _declare(cast: Cast, screen: telling.Screen, start: datetime) -> str:
    # The API shows no less than milliseconds, and the same is to be declared again.
    extent = {"since": text(start), "until": text(cast.now().replace(microsecond=0))}
    outage = str(cast.manager.post("/v1/desk/outages", extent)["id"])
    screen.say(f"\nIt works again. A manager declares outage {outage}, since {start:%H:%M}.")
    return outage


def _gone_through(cast: Cast, outage: str, number: int, screen: telling.Screen) -> Answer:
    """Look at the outage until a pass is done; returns the pass."""

    def look() -> Answer | None:
        passes = cast.manager.get(f"/v1/desk/outages/{outage}")["passes"]
        if len(passes) < number:
            return None
        found: Answer = passes[number - 1]
        screen.bottom(f"  {telling.pass_over_sessions(found)}")
        return found if found["shards_done"] == found["shards"] else None

    done = wait_for(f"pass {number} over the sessions", look)
    screen.say(f"  {telling.pass_over_sessions(done)}")
    return done


def _once_more(cast: Cast, outage: str, screen: telling.Screen) -> Iterator[str]:
    """The same is declared again, and then more than it."""
    shown = cast.manager.get(f"/v1/desk/outages/{outage}")
    extent = {"since": shown["since"], "until": shown["until"]}
    refusal = cast.manager.refused("/v1/desk/outages", extent)
    screen.say(f"\nThe same outage declared again is refused: {refusal}.")
    since = datetime.fromisoformat(shown["since"]) - timedelta(minutes=5)
    wider = cast.manager.post("/v1/desk/outages", extent | {"since": text(since)})
    screen.say(f"A longer one that holds it is outage {wider['id']}:")
    again = _gone_through(cast, wider["id"], 1, screen)
    if refusal != "outage_declared":
        yield f"the same outage was to be refused as outage_declared, not {refusal}"
    if (again["found"], again["compensated"]) != (2, 0):
        yield f"two were to be found once more, and nobody compensated: {again}"


def _unharmed(cast: Cast, screen: telling.Screen, start: datetime) -> Iterator[str]:
    """A session after it, which nothing is given for."""
    booking = book_and_pay(cast, cast.customer, cast.operator_id, start, minutes=_MINUTES)
    screen.say(f"\nBooking {booking['id']} begins after all that:")
    watch = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    watch.until_over()
    calm(cast)
    if watch.booking["session"]["bill"]["unused"] > 5 or watch.of("OutageFound"):
        yield f"this one was to be had in full, as if nothing had been: {watch.booking}"


def _made_good(cast: Cast, broken: tuple[Watch, Watch], before: list[int]) -> Iterator[str]:
    people = (("customer", cast.customer), ("customer_2", cast.other_customer))
    for watch, (name, customer), letters in zip(broken, people, before, strict=True):
        found = [len(watch.of(event)) for event in ("OutageFound", "BonusGranted")]
        if found != [1, 1]:
            yield f"{name} was to be compensated once, not {found} (S1.13)"
        bonus = [lot for lot in customer.get("/v1/account")["lots"] if lot["tariff_id"] == "bonus"]
        if [lot["seconds_left"] for lot in bonus] != [_BONUS]:
            yield f"{_BONUS} s of bonus were to stand on the balance of {name}, not {bonus}"
        choices = [choice["choice"] for choice in watch.booking["offers"][-1]["choices"]]
        if not {"refund", "new_time"} <= set(choices):
            yield f"{name} was to have his money or a new time, not {choices} (S1.13)"
        if len(_letters(cast, name)) != letters + 1:
            yield f"{name} was to be written to once, not {len(_letters(cast, name)) - letters}"


def _counted(found: Answer) -> Iterator[str]:
    if (found["found"], found["compensated"], found["put_aside"]) != (2, 2, 0):
        yield f"two sessions were to be found and made good, not {found}"


def _letters(cast: Cast, user: str) -> list[post.Letter]:
    """What asked him to choose."""
    found = post.letters(cast, cast.addresses[user])
    return [letter for letter in found if _CHOICES in letter.subject]
