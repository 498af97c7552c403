"""A small model of Stripe: one plain model, spoken to over HTTP or in process."""
