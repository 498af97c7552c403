"""What the use cases need of a store for pictures: browsers send and fetch them past our code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Upload:
    """The permission to send one picture, for a quarter of an hour.

    Args:
        key: under which it will be found, if it is ever sent.
        url: where to POST a multipart/form-data body to.
        fields: its parts, before the last one, which is named "file".
    """

    key: str
    url: str
    fields: Mapping[str, str]


class Uploads(Protocol):
    """Pictures of cases. Whoever holds a permission needs no other; it expires by real time."""

    def permit(self, case_number: str, name: str, content_type: str, largest: int) -> Upload:
        """The permission to send one picture, of exactly this type and at most that many bytes.

        Args:
            case_number: whose picture it is.
            name: nobody can guess it; asked for again by it, the permission is for the same place.
            content_type: of the picture.
            largest: bytes.
        """
        ...

    def download_url(self, key: str) -> str:
        """Where a picture can be fetched for five minutes; an error there if it was never sent."""
        ...
