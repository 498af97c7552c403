"""Where the local stack listens and keeps its files, and the made-up keys of one run."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
REGION = "us-east-1"
# +1 202 555 01xx is reserved for fiction.
NUMBER = "+12025550100"
SENDER = "redial@example.com"
SUPERVISOR = "supervisor@example.com"


class StackError(Exception):
    """The local stack cannot go on; the text tells a person what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One local stack; every port is overridable by REDIAL_{AWS,PAYMENTS,EXCHANGE,CONTROL}_PORT.

    Args:
        work: logs, clock, pids and the build; a folder within the project.
    """

    aws_port: int = 4566
    payments_port: int = 4570
    exchange_port: int = 4571
    control_port: int = 4572
    work: Path = ROOT / "build" / "local"

    @classmethod
    def from_environment(cls) -> "Settings":
        """The defaults, with the ports the environment asks for.

        Raises:
            StackError: a port is not a number.
        """
        ports: dict[str, Any] = {}
        for name in ("aws", "payments", "exchange", "control"):
            variable = f"REDIAL_{name.upper()}_PORT"
            if text := os.environ.get(variable):
                if not text.isdecimal() or not 0 < int(text) < 65536:
                    raise StackError(f"{variable} must be a port number, not {text!r}.")
                ports[f"{name}_port"] = int(text)
        return cls(**ports)

    @property
    def ports(self) -> dict[str, int]:
        """What listens where."""
        return {
            "AWS": self.aws_port,
            "PAYMENTS": self.payments_port,
            "EXCHANGE": self.exchange_port,
            "CONTROL": self.control_port,
        }

    @property
    def aws(self) -> str:
        """Address of the local AWS."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def payments(self) -> str:
        """Address of the payment double."""
        return f"http://{HOST}:{self.payments_port}"

    @property
    def exchange(self) -> str:
        """Address of the phone exchange."""
        return f"http://{HOST}:{self.exchange_port}"

    @property
    def control(self) -> str:
        """Address of the conductor."""
        return f"http://{HOST}:{self.control_port}"

    @property
    def summary(self) -> Path:
        """The file that tells scripts where everything is."""
        return self.work.with_name(f"{self.work.name}.json")

    @property
    def clock_file(self) -> Path:
        """The business clock everybody reads."""
        return self.work / "clock.json"

    def aws_environment(self) -> dict[str, str]:
        """What makes an AWS tool talk to the local AWS and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def _token() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Keys:
    """The providers' keys of one run; worth nothing outside it."""

    stripe_api_key: str = field(default_factory=lambda: f"sk_test_{_token()}")
    stripe_webhook_secret: str = field(default_factory=lambda: f"whsec_{_token()}")
    twilio_account_sid: str = field(default_factory=lambda: f"AC{_token()}")
    twilio_auth_token: str = field(default_factory=_token)
    phone_key: str = field(default_factory=lambda: secrets.token_hex(32))
