"""The payment provider; only payments.py loads the stripe package."""
