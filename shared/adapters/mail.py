"""SES: outgoing e-mail."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.errors import Declined, Unavailable

# Refusals that another try would meet again (docs.aws.amazon.com/ses: SendEmail errors).
_FINAL = frozenset({"MessageRejected", "InvalidParameterValue", "BadRequestException"})


class SesMail:
    """Sends through SES.

    Args:
        client: a botocore SES client.
        sender: the verified address in From.
    """

    def __init__(self, client: Any, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one plain-text message, tagged with its id.

        Raises:
            Declined: the service will never take it.
            Unavailable: it did not take it now.
        """
        try:
            self._client.send_email(
                Source=self._sender,
                Destination={"ToAddresses": [to]},
                Message={
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                },
                Tags=[{"Name": "letter", "Value": message_id}],
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _FINAL:
                raise Declined(code, "The mail service refused the message.") from None
            raise Unavailable(code, "The mail service did not take the message.") from None
        except BotoCoreError as error:
            raise Unavailable(type(error).__name__, "The mail service was not reached.") from None
