"""Which of our languages a reader wants (RFC 9110 section 12.5.4)."""

import re

from shared.domain.session.wording import LANGUAGES

_RANGE = re.compile(
    r"\s*([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.ASCII | re.IGNORECASE,
)


def preferred(accepted: str, otherwise: str) -> str:
    """The language of ours that is liked best; what cannot be read is passed over.

    Args:
        accepted: value of the Accept-Language header, empty where there is none.
        otherwise: where it names none of ours.
    """
    best, language = 0.0, otherwise
    for each in accepted.split(","):
        found = _RANGE.fullmatch(each)
        if found is None:
            continue
        name, quality = found[1].lower(), float(found[2] or 1)
        wanted = otherwise if name == "*" else name
        if wanted in LANGUAGES and quality > best:
            best, language = quality, wanted
    return language
