"""S3: pictures that customers send along, past our code and within limits that S3 enforces."""

from typing import Any

from botocore.config import Config

from shared.application.uploads import Upload

_PREFIX = "refund-requests"
_UPLOAD_SECONDS = 15 * 60
_DOWNLOAD_SECONDS = 5 * 60
# Left to itself botocore presigns for S3 with signature version 2, which regions opened since 2014
# refuse, and with the global host name, which redirects a new bucket's uploads to another one.
_CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class S3Uploads:
    """`shared.application.uploads.Uploads` in a bucket; signs here, and sends no request.

    Args:
        session: a botocore session; signing needs a client with a configuration of its own.
        bucket: its name.
    """

    def __init__(self, session: Any, bucket: str) -> None:
        self._client = session.create_client("s3", config=_CONFIG)
        self._bucket = bucket

    def permit(self, case_number: str, name: str, content_type: str, largest: int) -> Upload:
        """The permission to send one picture, of exactly this type and at most that many bytes.

        The limits stand in the signed policy (docs.aws.amazon.com/AmazonS3/latest/API/
        sigv4-HTTPPOSTConstructPolicy.html).
        """
        key = f"{_PREFIX}/{case_number}/{name}"
        post = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, largest]],
            ExpiresIn=_UPLOAD_SECONDS,
        )
        return Upload(key, post["url"], post["fields"])

    def download_url(self, key: str) -> str:
        """Where a picture can be fetched for five minutes; an error there if it was never sent.

        A browser saves it and does not show it: it comes from a stranger.
        """
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": "attachment",
            },
            ExpiresIn=_DOWNLOAD_SECONDS,
        )
        return url
