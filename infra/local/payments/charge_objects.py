"""Charges and what moves their money, field for field (docs.stripe.com/api)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from infra.local.payments.cards import Card, Contest, Decline
from infra.local.payments.objects import NOBODY, Json, seconds

# docs.stripe.com/disputes/responding: the bank leaves 7 to 21 days to answer; our choice.
_TIME_TO_ANSWER = timedelta(days=7)
_REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def charge(
    identifier: str,
    intent: Json,
    method_id: str,
    card: Card,
    decline: Decline | None,
    authenticated: bool,
    now: datetime,
) -> Json:
    """One attempt on a card (docs.stripe.com/api/charges/object)."""
    amount, paid = intent["amount"], decline is None
    captured = paid and intent["capture_method"] != "manual"
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    return {
        "id": identifier,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": NOBODY,
        "calculated_statement_descriptor": "REDIAL",
        "captured": captured,
        "created": seconds(now),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method_id,
        "payment_method_details": {
            "card": card.shown()
            | {
                "amount_authorized": amount if paid else None,
                "authorization_code": "123456" if paid else None,
                "extended_authorization": {"status": "disabled"},
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": card.brand,
                "network_token": {"used": False},
                "network_transaction_id": None,
                "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
                "three_d_secure": secure if authenticated else None,
            },
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(decline: Decline | None) -> Json:
    declined = decline is not None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": (decline.decline_code or decline.code) if decline else None,
        "seller_message": "The bank declined the payment." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def refund(
    identifier: str,
    source: Json,
    amount: int,
    metadata: Mapping[str, str],
    reason: str | None,
    status: str,
    now: datetime,
) -> Json:
    """Money on its way back to a card (docs.stripe.com/api/refunds/object)."""
    return {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": source["id"],
        "created": seconds(now),
        "currency": source["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": dict(metadata),
        "payment_intent": source["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def balance_transaction(
    identifier: str,
    kind: str,
    category: str,
    source: Json,
    amount: int,
    fee: int,
    now: datetime,
) -> Json:
    """Money into the account's balance or out of it.

    See docs.stripe.com/api/balance_transactions/object.

    Args:
        kind: `type`, such as "adjustment".
        category: `reporting_category`, such as "dispute".
        source: the charge, refund or dispute that moves it.
        amount: signed minor units, before the fee.
        fee: minor units, never negative.
    """
    currency = source["currency"]
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Dispute fee",
        "type": "stripe_fee",
    }
    return {
        "id": identifier,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": seconds(now),
        "balance_type": "payments",
        "created": seconds(now),
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def dispute(
    identifier: str, source: Json, amount: int, contest: Contest, card: Card, now: datetime
) -> Json:
    """A charge that its cardholder questions (docs.stripe.com/api/disputes/object)."""
    return {
        "id": identifier,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": source["id"],
        "created": seconds(now),
        "currency": source["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": seconds(now + _TIME_TO_ANSWER),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": contest.inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": source["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card.brand,
                "case_type": "inquiry" if contest.inquiry else "chargeback",
                "network": card.brand,
                "network_reason_code": _REASON_CODES.get(contest.reason),
            },
            "type": "card",
        },
        "reason": contest.reason,
        "status": "warning_needs_response" if contest.inquiry else "needs_response",
    }
