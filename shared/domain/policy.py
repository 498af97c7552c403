"""Every number of requirements.md section P, in one place; nothing else may hold one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The promises in force when a booking is bought; they judge it later.

    Times are in seconds where no other unit is named.

    Args:
        version: stored with each booking, so that history is judged by what was promised.
    """

    version: int = 1

    # Buying
    payment_hold: int = 15 * 60
    bank_block_hold: int = 15 * 60  # once longer where the bank blocks the card
    session_shortest: int = 5 * 60
    session_longest: int = 120 * 60
    booking_horizon: int = 90 * 24 * 3600

    # Before the session
    reminder_lead: int = 3600

    # Ringing
    ring_timeout: int = 25
    ring_overrun: int = 5  # the provider rings this much longer than asked
    key_timeout: int = 10
    leg_settle: int = 30  # from answer to key or end: prompt, silence, callback
    operator_retry: int = 15
    customer_retry: tuple[int, ...] = (0, 180, 360, 540)
    no_show_grace: int = 10 * 60

    # An operator who does not come: each step at so many seconds after the start (S1.9)
    escalate_operator_again: int = 30
    escalate_backup_route: int = 60
    escalate_other_operator: int = 120
    escalate_supervisor: int = 300
    escalate_case: int = 420

    # What a mishap brings (shared/domain/remedies.py)
    no_show_bonus: int = 10 * 60
    long_wait: int = 20 * 60
    long_wait_bonus: int = 15 * 60
    bad_line_bonus: int = 10 * 60
    outage_bonus: int = 15 * 60
    offer_valid: int = 24 * 3600

    # A bad line, a hold, a call back
    bad_line_redial_after: int = 5 * 60
    quality_asked_after: tuple[int, ...] = (45 * 60, 3 * 3600, 24 * 3600)
    quality_shortest: int = 60  # figures of a shorter talk say nothing
    bad_line_quiet: int = 10 * 60  # a report so much later begins anew
    hold_notice: int = 3 * 60
    hold_limit: int = 10 * 60
    goodwill_callback: int = 3600
    goodwill_sessions: int = 5  # completed ones make a regular customer

    # A dropped line
    callback_wait: int = 60
    redial_deadline: int = 180
    redial_spacing: int = 15
    operator_replaced_after: int = 60
    replacement_retry: int = 30

    # The end of the minutes
    warning_before_end: int = 60
    shortest_rest: int = 5  # a shorter rest is not worth a call; it goes to the balance
    limit_overrun: int = 5  # the leg's own limit ends the minutes; this much later we hang up
    overtime_longest: int = 30 * 60  # all gaps of a session together
    extension_max_delay: int = 10 * 60
    extension_shortest: int = 5 * 60
    extension_pause: int = 10  # both hear of it, which is not billed
    delay_told_from: int = 60  # a shorter wait is not announced
    delay_told_before: int = 60  # so long before the booked start, or not at all
    turnaround: int = 30  # from the end of a session to the operator's next ring

    # A bad line: above these over a whole call. They are those by which the provider tags a call:
    # twilio.com/docs/voice/voice-insights/api/call/details-call-tags
    bad_line_packet_loss: int = 500  # basis points
    bad_line_jitter: int = 5  # ms on average; at the worst the next one
    bad_line_jitter_peak: int = 30
    bad_line_latency: int = 150  # ms on average

    # Facts that do not come by themselves
    leg_look_up_after: int = 5
    leg_look_up_every: int = 30
    leg_given_up_after: int = 10 * 60
    effect_redrive_after: int = 300
    effect_redrive_longest: int = 3600
    reconciled_within: int = 15 * 60  # what the provider did lately may not be noted yet
    reconcile_every: int = 300  # the provider's lists; its feed of events every minute
    reconcile_overlap: int = 300  # what the provider shows a little late is seen all the same
    reconcile_reach: int = 30 * 24 * 3600  # so long the feed is kept; the first look goes as far
    # At these ages the provider's objects are compared with ours; a refund may fail for a month.
    reconcile_charges_at: tuple[int, ...] = (120, 24 * 3600)
    reconcile_claims_at: tuple[int, ...] = (120, 24 * 3600, 7 * 24 * 3600, 31 * 24 * 3600)

    # Our outages
    outage_longest: int = 7 * 24 * 3600
    outage_reach: int = 90 * 24 * 3600  # so long after its beginning one can be declared
    outage_answer: int = 15 * 60  # a manager's time for what detection proposes
    # So long after its end its sessions are gone through again: soon, and when the longest that it
    # can have touched is closed.
    outage_looks: tuple[int, ...] = (20 * 60, 4 * 3600)

    # Keeping watch (S4.1): what a minute usually brings, and what is so unlike it that it is told
    watch_days: int = 14  # before today, whose same minutes are the measure
    watch_around: int = 15 * 60  # of these days, so much before and after the minute counts with it
    watch_shares_around: int = 3600  # shares need more cases
    watch_settle: int = 60  # a minute is judged this long after its end
    watch_lookback: int = 2 * 3600  # what is not certain within this is not told
    watch_level_window: int = 3600  # how busy today is, against other days
    watch_level_gap: int = 1800  # is seen this long before, where no new outage has spoilt it
    watch_level_pull: float = 5.0  # cases; with fewer than that, today passes for any other day
    watch_level_most: float = 0.7  # of the usual is relied on: a holiday may just have begun
    watch_alarm: float = 14.0  # logarithm of how much likelier an outage is than chance
    watch_clear: float = 7.0  # as sure that it is over
    watch_quiet: int = 1800  # so long without a sign of it, it is over too
    watch_silent_share: float = 0.02  # of the usual orders and webhooks: this is called silence
    watch_flow_window: int = 120  # webhooks are expected only while orders come
    watch_drop_factor: float = 4.0  # times the usual drops: this is called a jump
    watch_drop_least: float = 0.02  # of the sessions; a lower usual share counts as this one
    watch_join_share: float = 0.4  # of the usual sessions joined: this is called failing
    watch_start_within: int = 180  # sessions start so soon after their quarter of an hour
    watch_join_within: int = 300  # and are joined
    # Reliability, as it is published
    problem_share_below: int = 200  # basis points of the sessions, as the next one
    critical_share_below: int = 10
    support_rating_least: int = 480  # hundredths, of 500
    resolved_within: int = 15 * 60  # on average
    figures_days: int = 30  # where nobody asks for others
    # So long after its end an hour is counted: at once, when its longest trouble is over, and when
    # a session that was closed late is closed. A day is published when it was counted twice.
    figures_looks: tuple[int, ...] = (0, 4 * 3600, 24 * 3600)
    figures_settle: int = 5 * 3600

    # Money
    payment_check: int = 4 * 3600
    case_escalation: int = 4 * 3600  # a manager has this long after each deadline
    request_letter_every: int = 24 * 3600  # anybody can have it sent to any address
    tax_rate: int = 0  # basis points, included in prices
    provider_read_every: int = 6 * 3600  # refunds on their way, disputes
    duplicate_window: int = 300
    duplicate_unseen_window: int = 24 * 3600  # while a success was not shown
    duplicate_question: int = 24 * 3600
    refund_initiate_days: int = 3  # business days, as the next one
    refund_settle_days: int = 10
    refund_window_days: int = 14
    # What a top-up buys at least at the lowest and at most at the highest price in its currency:
    # talk time, so that it holds for every currency that has a tariff.
    top_up_smallest: int = 5 * 60
    top_up_largest: int = 20 * 3600
    # Minor units above which a manager decides on an agent's refund; others always need one.
    refund_approval_above: tuple[tuple[str, int], ...] = (
        ("rub", 1_000_000),
        ("usd", 10_000),
        ("eur", 10_000),
    )


CURRENT = Policy()
_BY_VERSION = {CURRENT.version: CURRENT}


def policy_of(version: int) -> Policy:
    """The policy a booking was bought under.

    Raises:
        KeyError: no such version was ever in force.
    """
    return _BY_VERSION[version]
