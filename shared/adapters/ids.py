"""Fresh identifiers from the system's randomness."""

import secrets

from shared.domain.booking_number import LENGTH, with_check_digit


class RandomIds:
    """Ids nobody can guess."""

    def booking_id(self) -> str:
        """A random booking number of twelve digits; the table refuses one that is taken."""
        return with_check_digit(str(secrets.randbelow(10 ** (LENGTH - 1))).zfill(LENGTH - 1))
