"""Twilio: the telephony provider."""
