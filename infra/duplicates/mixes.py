"""Who comes to the play, and in what proportions."""

from collections.abc import Callable, Mapping
from random import Random

from infra.duplicates import legitimate, mistakes
from infra.duplicates.customer import Customer
from infra.duplicates.house import House, Json

LEGITIMATE: tuple[Callable[[Customer], None], ...] = (
    legitimate.single,
    legitimate.two_sessions,
    legitimate.in_a_row,
    legitimate.two_top_ups,
    legitimate.spent_and_again,
    legitimate.weekly,
    legitimate.gift,
    legitimate.shared_card,
    legitimate.family,
    legitimate.declined,
    legitimate.split_cards,
    legitimate.cancelled_and_again,
    legitimate.back_for_another,
    legitimate.retry_same_key,
)
MISTAKES: tuple[Callable[[Customer], None], ...] = (
    mistakes.double_click,
    mistakes.two_tabs,
    mistakes.retry_new_key,
    mistakes.back_button,
    mistakes.card_swap,
    mistakes.slow_retry,
    mistakes.slot_taken_by_himself,
)
STORIES: Mapping[str, Callable[[Customer], None]] = {
    story.__name__: story for story in (*LEGITIMATE, *MISTAKES)
}

_LIKE_ANYBODY = dict.fromkeys(STORIES, 1.0)
NAMED: Mapping[str, Mapping[str, float]] = {
    "everyday": _LIKE_ANYBODY | {"single": 120, "weekly": 12, "declined": 8, "two_sessions": 6},
    "clumsy": _LIKE_ANYBODY | {story.__name__: 6 for story in MISTAKES} | {"single": 20},
    "families": _LIKE_ANYBODY | {"gift": 20, "shared_card": 20, "family": 20, "single": 20},
    "loyal": _LIKE_ANYBODY
    | {"weekly": 30, "two_top_ups": 30, "spent_and_again": 20, "in_a_row": 20, "two_sessions": 20},
    "adversarial": dict.fromkeys(STORIES, 1.0) | {"single": 0},
}


class UnknownMix(ValueError):
    """A mix that cannot be played; the text says what can."""


def weights(mix: str) -> Mapping[str, float]:
    """The proportions that a mix stands for.

    Args:
        mix: a name, or `class=weight,class=weight`.

    Raises:
        UnknownMix: no such mix or class, or weights that are no proportions.
    """
    if "=" not in mix:
        if mix in NAMED:
            return NAMED[mix]
        raise UnknownMix(f"no mix {mix!r}; there are {', '.join(NAMED)}, or class=weight,...")
    chosen: dict[str, float] = {}
    for part in mix.split(","):
        name, _, weight = (word.strip() for word in part.partition("="))
        if name not in STORIES:
            raise UnknownMix(f"no class {name!r}; there are {', '.join(STORIES)}")
        try:
            chosen[name] = float(weight)
        except ValueError:
            raise UnknownMix(f"{weight!r} is no weight for {name}") from None
        if not 0 <= chosen[name] < float("inf"):
            raise UnknownMix(f"a weight is a number from 0 on, not {weight}")
    if not sum(chosen.values()):
        raise UnknownMix("all weights are 0")
    return chosen


def play(seed: int, mix: str, customers: int) -> tuple[House, list[Json]]:
    """Let customers buy.

    Args:
        seed: the same seed, mix and number make the same play.
        mix: as `weights` takes it.
        customers: how many stories.

    Returns:
        The house with its logs, and what each payment was meant as.
    """
    random = Random(seed)
    proportions = weights(mix)
    house, truth = House(random), list[Json]()
    names = list(proportions)
    for name in random.choices(names, [proportions[each] for each in names], k=customers):
        STORIES[name](Customer(house, random, name, truth))
    return house, truth
