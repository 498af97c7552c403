"""A phone exchange for one machine: Twilio voice as far as Redial uses it, and scripted people."""
