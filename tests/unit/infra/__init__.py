"""The plain models behind the local stack."""
