"""The e-mails about money in English; payment_letters.py says what the fields stand for."""

# Phrases that depend on whether their facts are given: (with them, without).
PHRASES = {
    "about": ("for booking {booking}", "for topping up your balance"),
    "stays": ("Booking {booking} stays as it is", "The first payment stays as it is"),
    "by_card": (" by card {card}", ""),
    "to_card": ("to your card {card}", "to the card you paid with"),
    "your_card": ("your card {card}", "your card"),
    "held": (
        "We keep your time until {deadline}. Until then the same booking can be paid again.",
        "You can pay again at any time.",
    ),
    "arrives": (
        "Your bank should show it by {deadline}; we keep watch until it does.",
        "Your bank may need a few days to show it; we keep watch until it does.",
    ),
    "choose_by": ("Please choose by {deadline}. ", ""),
    "answer": ("Choose here: {url}", "Just answer this message with your choice."),
    "page": ("A page to print: {url}", "Please keep this message as your receipt."),
    "why": ("\nReason: {reason}.", ""),
    "nearest": ("The nearest free times:\n{slots}", "Any free time you like is yours to pick."),
}

REASONS = {
    "cancelled": "the booking was cancelled",
    "duplicate": "it was charged twice",
    "late_payment": "the payment came after the time had been released",
    "change_of_mind": "you asked for it",
    "our_fault": "it was our fault",
}

# The subject and the body, by the name of the letter.
LETTERS = {
    "payment_declined": (
        "Your payment {about} did not go through",
        """Hello,

your payment of {amount} {about} did not go through. No money was taken; should your bank show it
as reserved, it will release it by itself.

{advice}

{held}

Transaction number: {payment}.
""",
    ),
    "receipt": (
        "Receipt: {amount} {about}",
        """Hello,

thank you, your payment has arrived: {amount} {about}, paid{by_card} on {moment}.

{page}

Transaction number: {payment}.
""",
    ),
    "refund_receipt": (
        "We are returning {refund} to you",
        """Hello,

on {moment} we sent {refund} back {to_card}, out of your payment of {amount} {about}.{why}

{arrives}
{page}

Transaction number: {payment}.
""",
    ),
    "duplicate_refunded": (
        "You were charged twice: {refund} is on its way back",
        """Hello,

you were charged twice {about}. We noticed it and are returning the extra charge, {refund},
{to_card}. {stays}, and there is nothing you need to do.

{arrives}

Transaction number of the extra charge: {payment}. We are sorry for the trouble.
""",
    ),
    "duplicate_question": (
        "Did you mean to pay twice?",
        """Hello,

on {moment} you paid {amount} {about}, and shortly before there was a payment much like it. We ask
this once: did you want both, or is one of them too many?

"I wanted both": everything stays as it is.
"One is too many": we return {amount} {to_card}.

{answer}
Your answer counts until {deadline}. If we hear nothing, nothing is returned by itself and one of us
will look into it.

Transaction number: {payment}.
""",
    ),
    "late_payment_choice": (
        "Your payment for booking {booking} came late: please choose",
        """Hello,

your payment of {amount} for booking {booking} arrived on {moment}, when its time had already been
released. Nothing is lost, and you choose what happens now:

 1. Another time. {nearest}
 2. The money stays on your balance, for whenever you like.
 3. The money goes back {to_card}.

{choose_by}{answer}

Transaction number: {payment}.
""",
    ),
    "refund_on_balance": (
        "Your card could not take the refund: {refund} is on your balance",
        """Hello,

we tried to return {refund} {to_card}, but your bank could not take it: the card has expired or was
closed. The money is not lost: it stands on your balance and pays for any later call. If you would
rather have it paid out, answer this message and one of us will find a way with you.

Transaction number: {payment}.
""",
    ),
    "refund_delayed": (
        "Your refund of {refund} is late, and we are on it",
        """Hello,

your refund of {refund} {to_card} was promised by {deadline} and is not there yet. We noticed it
ourselves: one of us is now looking after it with the bank and will write to you. You need not do
anything.

Transaction number: {payment}. We are sorry for the wait.
""",
    ),
    "dispute_notice": (
        "Your bank has questioned the payment of {amount}",
        """Hello,

on {moment} your bank told us that your payment of {amount} {about} is being questioned. While the
bank decides, what was bought with it and not yet used is on hold, and we cannot refund this payment
ourselves, so that nothing is paid twice.

Was it a misunderstanding? Tell your bank that the payment was yours, and answer this message: once
the bank closes the matter in our favour, all of it is yours again.

Transaction number: {payment}.
""",
    ),
    "refund_request_received": (
        "Case {case}: we have your refund request",
        """Hello,

on {moment} we received a refund request that named this address. Its case number is {case}. We
compare it with our records and answer by {deadline} at the latest.

If you did not ask for this, please answer this message and tell us.
""",
    ),
    "card_saved": (
        "Your card is saved for later payments",
        """Hello,

on {moment} you agreed that we save {your_card} for later payments, and we have recorded your
consent. It is charged only for what you order. The payment provider keeps the card; its number
never reaches us. You can have it removed at any time.

If it was not you, please answer this message at once.
""",
    ),
}
