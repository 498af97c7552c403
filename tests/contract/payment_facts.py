"""Facts about Stripe's objects that Redial relies on, from the API reference's object pages.

docs.stripe.com/api/payment_intents/object, /charges/object, /refunds/object, /events/object,
/payment_methods/object, /pagination.
"""

REQUIRED = {
    "payment_intent": {
        "id",
        "object",
        "amount",
        "amount_received",
        "cancellation_reason",
        "canceled_at",
        "client_secret",
        "created",
        "currency",
        "last_payment_error",
        "latest_charge",
        "livemode",
        "metadata",
        "next_action",
        "payment_method",
        "payment_method_types",
        "status",
    },
    "charge": {
        "id",
        "object",
        "amount",
        "amount_captured",
        "amount_refunded",
        "balance_transaction",
        "captured",
        "created",
        "currency",
        "disputed",
        "failure_code",
        "failure_message",
        "livemode",
        "metadata",
        "outcome",
        "paid",
        "payment_intent",
        "payment_method",
        "payment_method_details",
        "refunded",
        "status",
    },
    "refund": {
        "id",
        "object",
        "amount",
        "charge",
        "created",
        "currency",
        "metadata",
        "payment_intent",
        "reason",
        "status",
    },
    "event": {
        "id",
        "object",
        "api_version",
        "created",
        "data",
        "livemode",
        "pending_webhooks",
        "request",
        "type",
    },
    "payment_method": {
        "id",
        "object",
        "billing_details",
        "card",
        "created",
        "customer",
        "livemode",
        "metadata",
        "type",
    },
}

CARD = {"brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet"}

STATUS = {
    "payment_intent": {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
        "requires_capture",
        "canceled",
        "succeeded",
    },
    "charge": {"succeeded", "pending", "failed"},
    "refund": {"pending", "requires_action", "succeeded", "failed", "canceled"},
}

ERROR_TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}

# Fields the published example leaves out because they are there in some states only.
SOMETIMES = {
    "payment_intent": {"allowed_payment_method_types"},
    "charge": set[str](),
    "refund": {"failure_reason", "failure_balance_transaction"},
    "event": set[str](),
    "payment_method": set[str](),
}
