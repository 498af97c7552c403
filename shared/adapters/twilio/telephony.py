"""Calls and conferences by Twilio's REST API."""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.conference import ConferenceInstance
from urllib3.exceptions import MaxRetryError, NewConnectionError

from shared.adapters.twilio.addresses import announce_url, answer_url, status_url
from shared.adapters.twilio.failures import NOT_IN_PROGRESS, failure
from shared.adapters.twilio.insights import COMPLETE, quality_from
from shared.application.ports import CallStatus, ProviderCall
from shared.domain.errors import Declined, NotFound, OutcomeUnknown, RedialError, Unavailable
from shared.domain.mishap.quality import CallQuality
from shared.domain.session.instructions import Prompt

_APIS = ("https://api.twilio.com", "https://insights.twilio.com")
_TIMEOUT = 10.0
_PAGE_SIZE = 1000
# A call rings for ten minutes and five seconds at most (call-resource "Timeout").
_LONGEST_RING = timedelta(minutes=11)
# Only the end is reported: ringing and answering decide nothing, and each callback costs a request.
_EVENTS = ["completed"]


class ElsewhereClient(TwilioHttpClient):
    """The SDK's HTTP client, speaking to another address than the provider's."""

    def __init__(self, api_base_url: str) -> None:
        super().__init__(timeout=_TIMEOUT)
        self._api_base_url = api_base_url.rstrip("/")

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send the request to the other address."""
        for api in _APIS:
            url = url.removeprefix(api)
        here = self._api_base_url + url
        return super().request(method, here, params, data, headers, auth, timeout, allow_redirects)


class TwilioTelephony:
    """The Telephony port on a Twilio account.

    Args:
        account_sid: AC...
        auth_token: the account's secret.
        number: our caller id, E.164.
        public_base_url: of our API, where the provider asks what to do, without a slash at the end.
        api_base_url: another address that speaks the provider's protocol, or None for the provider.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        number: str,
        public_base_url: str,
        api_base_url: str | None,
    ) -> None:
        self._client = Client(
            account_sid,
            auth_token,
            http_client=(
                TwilioHttpClient(timeout=_TIMEOUT)
                if api_base_url is None
                else ElsewhereClient(api_base_url)
            ),
        )
        self._number = number
        self._base = public_base_url

    def place_call(self, to: str, leg_id: str, booking_id: str, ring_timeout: int) -> str:
        """See Telephony."""
        made = _run(
            lambda: self._client.calls.create(
                to=to,
                from_=self._number,
                url=answer_url(self._base, leg_id, booking_id),
                method="POST",
                timeout=ring_timeout,
                status_callback=status_url(self._base, leg_id, booking_id),
                status_callback_event=_EVENTS,
                status_callback_method="POST",
            ),
            changing=True,
        )
        return str(made.sid)

    def hang_up(self, call_id: str) -> None:
        """See Telephony."""
        try:
            _run(lambda: self._client.calls(call_id).update(status="completed"), changing=True)
        except Declined as declined:
            if declined.code != NOT_IN_PROGRESS:
                raise

    def redirect(self, call_id: str, leg_id: str, booking_id: str, step: str) -> None:
        """See Telephony."""
        url = answer_url(self._base, leg_id, booking_id, step)
        try:
            _run(lambda: self._client.calls(call_id).update(url=url, method="POST"), changing=True)
        except Declined as declined:
            # The provider gives one code for "has ended" and for "rings still".
            if declined.code != NOT_IN_PROGRESS or not self.call(call_id).status.ended:
                raise

    def announce(self, conference: str, prompt: Prompt, language: str) -> None:
        """See Telephony."""
        url = announce_url(self._base, prompt.value, language)
        named = _run(
            lambda: self._client.conferences.list(friendly_name=conference), changing=False
        )
        for found in named:
            if str(found.status) != "completed":
                _announce_into(found, url)

    def call(self, call_id: str) -> ProviderCall:
        """See Telephony."""
        return _call(_run(lambda: self._client.calls(call_id).fetch(), changing=False))

    def calls_to(self, to: str, since: datetime) -> Sequence[ProviderCall]:
        """See Telephony; the provider's filter compares whole days, so the rest is done here."""
        found = _run(
            lambda: self._client.calls.list(
                to=to, from_=self._number, start_time_after=since, page_size=_PAGE_SIZE
            ),
            changing=False,
        )
        calls = [_call(record) for record in found]
        return [call for call in calls if call.started is not None and call.started >= since]

    def calls_ended(self, since: datetime) -> Sequence[ProviderCall]:
        """See Telephony.

        The record of a call that was not completed need not have an end time (call-resource), so
        those are looked for by their start, and their last change stands for their end.
        """
        answered = _run(
            lambda: self._client.calls.list(end_time_after=since, page_size=_PAGE_SIZE),
            changing=False,
        )
        recent = _run(
            lambda: self._client.calls.list(
                start_time_after=since - _LONGEST_RING, page_size=_PAGE_SIZE
            ),
            changing=False,
        )
        calls = {record.sid: _call(record) for record in itertools.chain(answered, recent)}
        return [call for call in calls.values() if call.ended is not None and call.ended >= since]

    def quality(self, call_id: str) -> CallQuality | None:
        """See Telephony; the account needs the provider's Voice Insights Advanced Features."""
        asked = self._client.insights.v1.calls(call_id).summary()
        try:
            summary = _run(lambda: asked.fetch(processing_state=COMPLETE), changing=False)
        except NotFound:
            return None
        return quality_from(summary.processing_state, summary.carrier_edge)


def _announce_into(found: ConferenceInstance, url: str) -> None:
    try:
        _run(lambda: found.update(announce_url=url, announce_method="POST"), changing=True)
    except RedialError:
        # It may have ended since it was listed; then there is nobody to miss the words.
        if str(_run(found.fetch, changing=False).status) != "completed":
            raise


def _call(record: CallInstance) -> ProviderCall:
    status = CallStatus(str(record.status))
    ended = record.end_time or record.date_updated if status.ended else None
    return ProviderCall(
        call_id=str(record.sid),
        to=str(record.to),
        sender=str(record._from),
        status=status,
        started=_utc(record.start_time),
        ended=_utc(ended),
        duration=int(record.duration or 0) if status.ended else None,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _run[Result](ask: Callable[[], Result], *, changing: bool) -> Result:
    """Ask the provider and say in our words what went wrong.

    Args:
        ask: one request, or the requests of all pages.
        changing: whether a request that broke off may have had an effect.
    """
    try:
        return ask()
    except TwilioRestException as refused:
        raise failure(refused.status, refused.code, refused.msg, changing) from refused
    except TwilioException as unreadable:
        # A page that is not 200 is reported without a class of its own; the answer is attached.
        answer = unreadable.args[1] if len(unreadable.args) > 1 else None
        if isinstance(answer, Response):
            code, message = _error(answer.text)
            raise failure(answer.status_code, code, message, changing) from unreadable
        raise Unavailable("provider_unreadable", str(unreadable)) from unreadable
    except RequestException as broken:
        if changing and not _never_sent(broken):
            raise OutcomeUnknown("no_answer", "The provider did not answer.") from broken
        raise Unavailable("no_answer", "The provider did not answer.") from broken


def _error(text: str) -> tuple[int | None, str]:
    """Code and message of an error document, or the text where it is none."""
    try:
        document = json.loads(text)
        return int(document["code"]), str(document["message"])
    except (ValueError, KeyError, TypeError):
        return None, text


def _never_sent(broken: RequestException) -> bool:
    if isinstance(broken, ConnectTimeout):
        return True
    reason = broken.args[0] if broken.args else None
    return (
        isinstance(broken, NotConnected)
        and isinstance(reason, MaxRetryError)
        and isinstance(reason.reason, NewConnectionError)
    )
