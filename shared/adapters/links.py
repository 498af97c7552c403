"""Signed links: everything they stand for is in the token, and nothing is stored."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from itsdangerous import BadData, URLSafeSerializer

from shared.application.links import Link, Purpose
from shared.application.ports import Clock
from shared.domain.errors import NotFound, RuleBroken

_PAGES = {Purpose.OFFER: "offers", Purpose.PHONES: "phones"}
# Ours have some 120 characters; a longer one is not looked at.
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,255}", re.ASCII)


class SignedLinks:
    """`shared.application.links.Links` with HMAC-SHA256.

    Args:
        site: address of the customers' pages.
        key: gives the secret when the first link is made or read.
        clock: business time.
    """

    def __init__(self, site: str, key: Callable[[], str], clock: Clock) -> None:
        self._site = site
        self._key = key
        self._clock = clock

    def to(self, link: Link) -> str:
        """Its address; the token is the fragment, which a browser sends to no server."""
        said = [link.booking_id, link.subject, int(link.until.timestamp())]
        token = self._serializers[link.purpose].dumps(said)
        return f"{self._site}/{_PAGES[link.purpose]}#{token}"

    def read(self, token: str) -> Link:
        """What a token stands for.

        Raises:
            NotFound: "link_unknown": we never made it.
            RuleBroken: "link_over": its time is over.
        """
        if not _TOKEN.fullmatch(token):
            raise _unknown()
        found = (_opened(token, purpose, one) for purpose, one in self._serializers.items())
        link = next((link for link in found if link is not None), None)
        if link is None:
            raise _unknown()
        if self._clock.now() >= link.until:
            raise RuleBroken("link_over", "The time of this link is over.")
        return link

    @cached_property
    def _serializers(self) -> dict[Purpose, URLSafeSerializer]:
        """One for each purpose: a token that was made for one does not open as another's."""
        key = self._key()
        return {
            purpose: URLSafeSerializer(
                key,
                salt=f"redial.link.{purpose}",
                signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
            )
            for purpose in Purpose
        }


def _opened(token: str, purpose: Purpose, serializer: URLSafeSerializer) -> Link | None:
    """What a token stands for, if it was made for this purpose."""
    try:
        booking_id, subject, until = serializer.loads(token)
    except BadData:
        return None
    # The last character of base64 has bits that are not read: of its spellings one is ours.
    signed, _, _ = token.rpartition(".")
    if serializer.make_signer(serializer.salt).sign(signed) != token.encode():
        return None
    return Link(purpose, booking_id, subject, datetime.fromtimestamp(until, UTC))


def _unknown() -> NotFound:
    return NotFound("link_unknown", "This link is not one of ours.")
