"""What our two endpoints are subscribed to; payments.webhooks has a handler for each."""

PLATFORM_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.canceled",
    "charge.updated",
    "setup_intent.succeeded",
    "payment_method.automatically_updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
CONNECT_EVENTS = (
    "account.updated",
    "account.application.deauthorized",
    "account.external_account.created",
    "account.external_account.updated",
    "account.external_account.deleted",
    "capability.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
)
