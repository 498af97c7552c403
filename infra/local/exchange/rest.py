"""The provider's REST documents (version 2010-04-01) made from the model, and its way of paging."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from infra.local.exchange.calls import Call, rfc_2822
from infra.local.exchange.conference import Conference, Participant
from infra.local.exchange.model import Refused
from shared.application.ports import CallStatus

_PAGE_SIZE = 50
_LONGEST_PAGE = 1000


def call_document(call: Call) -> dict[str, object]:
    """A Call: twilio.com/docs/voice/api/call-resource#call-properties.

    As documented there, a call that was not completed has neither an end time nor a duration.
    """
    root = f"/2010-04-01/Accounts/{call.account_sid}/Calls/{call.sid}"
    # The resource knows no "initiated"; that status is seen in callbacks only.
    status = CallStatus.QUEUED if call.status is CallStatus.INITIATED else call.status
    completed = call.status is CallStatus.COMPLETED
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.sender,
        "from_formatted": call.sender,
        "status": status.value,
        "direction": call.direction,
        "date_created": rfc_2822(call.created),
        "date_updated": rfc_2822(call.updated),
        "start_time": _moment(call.started),
        "end_time": _moment(call.ended) if completed else None,
        "duration": None if call.duration is None else str(call.duration),
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{root}.json",
        "subresource_uris": {"events": f"{root}/Events.json"},
    }


def conference_document(conference: Conference, account_sid: str) -> dict[str, object]:
    """A Conference: twilio.com/docs/voice/api/conference-resource."""
    root = f"/2010-04-01/Accounts/{account_sid}/Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "date_created": rfc_2822(conference.created),
        "date_updated": rfc_2822(conference.updated),
        "api_version": "2010-04-01",
        "region": "us1",
        "reason_conference_ended": conference.reason_ended,
        "call_sid_ending_conference": conference.call_sid_ending,
        "uri": f"{root}.json",
        "subresource_uris": {"participants": f"{root}/Participants.json"},
    }


def participant_document(
    participant: Participant, conference: Conference, account_sid: str
) -> dict[str, object]:
    """A Participant: twilio.com/docs/voice/api/conference-participant-resource."""
    root = f"/2010-04-01/Accounts/{account_sid}/Conferences/{conference.sid}"
    return {
        "account_sid": account_sid,
        "call_sid": participant.call_sid,
        "label": participant.label,
        "conference_sid": conference.sid,
        "call_sid_to_coach": None,
        "coaching": False,
        "date_created": rfc_2822(participant.joined),
        "date_updated": rfc_2822(participant.joined),
        "end_conference_on_exit": participant.end_on_exit,
        "muted": False,
        "hold": False,
        "start_conference_on_enter": participant.start_on_enter,
        "status": "connected",
        "queue_time": "0",
        "uri": f"{root}/Participants/{participant.call_sid}.json",
    }


def error_document(refused: Refused) -> dict[str, object]:
    """An error: twilio.com/docs/usage/twilios-response#error-and-exception-responses."""
    return {
        "code": refused.code,
        "message": refused.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
        "status": refused.status,
    }


def select_calls(calls: Sequence[Call], query: Mapping[str, str]) -> list[Call]:
    """Calls under the filters of the list, which compare whole days: #read-multiple-call-resources.

    Raises:
        Refused: a filter the double does not know, or a wrong date.
    """
    chosen = list(calls)
    for name, value in query.items():
        match name:
            case "To":
                chosen = [call for call in chosen if call.to == value]
            case "From":
                chosen = [call for call in chosen if call.sender == value]
            case "Status":
                chosen = [c for c in chosen if call_document(c)["status"] == value]
            case "StartTime>":
                first = _day(value)
                chosen = [c for c in chosen if c.started is not None and c.started >= first]
            case "EndTime>":
                first = _day(value)
                chosen = [
                    c
                    for c in chosen
                    if c.ended is not None and c.status is CallStatus.COMPLETED and c.ended >= first
                ]
            case "PageSize" | "Page" | "PageToken":
                pass
            case _:
                raise Refused(400, 20001, f"{name} is no filter of this exchange")
    return chosen


def page[Item](
    items: Sequence[Item],
    sid: Callable[[Item], str],
    document: Callable[[Item], dict[str, object]],
    key: str,
    path: str,
    query: Mapping[str, str],
) -> dict[str, object]:
    """One page of a list: twilio.com/docs/usage/twilios-response#pagination.

    The token names the last item of the page before, so that new items do not shift the rest.

    Raises:
        Refused: a page size that is no number.
    """
    try:
        size = max(1, min(int(query.get("PageSize", _PAGE_SIZE)), _LONGEST_PAGE))
        number = int(query.get("Page", 0))
    except ValueError as wrong:
        raise Refused(400, 20001, f"paging: {wrong}") from wrong
    start = 0
    if token := query.get("PageToken", "").removeprefix("PA"):
        start = next((i + 1 for i, item in enumerate(items) if sid(item) == token), len(items))
    shown = items[start : start + size]
    more = start + size < len(items)
    following = dict(query) | {
        "PageSize": str(size),
        "Page": str(number + 1),
        "PageToken": f"PA{sid(shown[-1])}" if shown else "",
    }
    return {
        key: [document(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(shown) - 1),
        "uri": f"{path}?{urlencode(query)}",
        "first_page_uri": f"{path}?{urlencode({'PageSize': size, 'Page': 0})}",
        "previous_page_uri": None,
        "next_page_uri": f"{path}?{urlencode(following)}" if more else None,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc_2822(moment)


def _day(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError as wrong:
        raise Refused(400, 20001, f"{value!r} is no date") from wrong
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
