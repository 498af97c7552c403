"""What the payment adapter loads, each case in an interpreter of its own."""

import subprocess
import sys

import pytest


def loaded(module: str) -> set[str]:
    """Top-level packages in memory after one import."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_adapter_loads_no_asynchronous_http_client() -> None:
    packages = loaded("shared.adapters.stripe.payments")
    assert "stripe" in packages
    assert not packages & {"aiohttp", "httpx"}


@pytest.mark.parametrize("module", ["signature", "translation"])
def test_webhook_side_does_without_the_stripe_package(module: str) -> None:
    assert not loaded(f"shared.adapters.stripe.{module}") & {"stripe", "requests", "urllib3"}
