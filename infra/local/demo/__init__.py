"""The demonstration: one booked, paid, dropped and finished session on the local stack."""
