"""A claim as one would write it by hand: the same locks, checks and rows as the verb, in twelve
statements.
"""

import hashlib
import json
from datetime import timedelta

from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange

LOCK = (
    "SELECT uuid, state, epoch, customer_id, service_id, start_at FROM requests_app_booking WHERE "
    "id = %s FOR UPDATE"
)
READ = """
SELECT mila_now(), v.name, u.email, u.language, w.start_at, e.sequence, e.hash
  FROM requests_app_booking b
  JOIN catalogue_service v ON v.id = b.service_id
  JOIN accounts_user u ON u.id = b.customer_id
  JOIN requests_app_wish w ON w.booking_id = b.id AND w.rank = 1
  JOIN LATERAL (SELECT sequence, hash FROM requests_app_bookingevent
                 WHERE booking_id = b.id ORDER BY sequence DESC LIMIT 1) e ON true
 WHERE b.id = %s
"""
OFFER = """
SELECT id, search_id, epoch, state, expires_at FROM dispatch_offer
 WHERE booking_id = %s AND technician_id = %s ORDER BY id DESC LIMIT 1 FOR UPDATE
"""
TECHNICIAN = """
SELECT t.partner_id, t.name, u.id, u.email, u.language FROM accounts_technician t
  JOIN accounts_partnerprofile p ON p.id = t.partner_id
  JOIN accounts_user u ON u.id = t.user_id
 WHERE t.id = %s AND p.approved_at IS NOT NULL AND p.suspended_at IS NULL FOR UPDATE OF t
"""
CLOSE = """
WITH over AS (UPDATE dispatch_search SET ended_at = %s, next_at = NULL, "end" = 'claimed'
  WHERE id = %s)
UPDATE dispatch_offer SET state = 'claimed', ended_at = %s WHERE id = %s
"""
BIND = """
WITH slot AS (
    INSERT INTO accounts_calendarentry (technician_id, during, kind, note) VALUES (%s, %s, 'job',
      '') RETURNING id)
INSERT INTO requests_app_assignment
       (booking_id, partner_id, technician_id, start_at, claimed_at, code, calendar_entry_id,
         "end", code_tries, fault)
SELECT %s, %s, %s, %s, %s, %s, slot.id, '', 0, false FROM slot
"""
BOOKING = """
UPDATE requests_app_booking
   SET state = 'claimed', epoch = %s, due_at = %s, partner_id = %s, technician_id = %s,
     claimed_at = %s,
       start_at = %s, clocks_from_at = %s, cancel_start_at = NULL
 WHERE id = %s
"""
CLOCKS = """
WITH over AS (UPDATE requests_app_clock SET done_at = %s WHERE booking_id = %s AND done_at IS NULL)
INSERT INTO requests_app_clock (booking_id, kind, epoch, due_at, fired) VALUES (%s,
  'call_reminder', %s, %s, false)
"""
EVENT = """
INSERT INTO requests_app_bookingevent (booking_id, sequence, move, source, target, role, by_id,
  at, reason, data, hash)
VALUES (%s, %s, 'claim', %s, 'claimed', 'partner', %s, %s, '', %s, %s)
"""
NOTICES = """
INSERT INTO accounts_notification
       (kind, subject_id, round, user_id, email, language, context, sealed, state, tries, error)
VALUES ('claimed', %s, %s, %s, %s, %s, %s, %s, 'queued', 0, ''),
       ('job_claimed', %s, %s, %s, %s, %s, %s, %s, 'queued', 0, '')
    ON CONFLICT (subject_id, kind, email, round) DO NOTHING
"""
CODE, SEALED = "c" * 100, "s" * 250  # as long as what the verb encrypts


def claim_by_hand(session, booking_id: int, technician_id: int) -> None:
    cursor = session.cursor()

    def one(sql, *params):
        return cursor.execute(sql, params).fetchone()

    cursor.execute("BEGIN")
    uuid, state, epoch, customer_id, *_ = one(LOCK, booking_id)
    at, service, email, language, start_at, sequence, last_hash = one(READ, booking_id)
    offer_id, search_id, offered_at, offer_state, expires_at = one(OFFER, booking_id, technician_id)
    assert (state, offer_state, offered_at) == ("searching", "open", epoch)
    assert at < expires_at
    partner_id, name, user_id, user_email, user_language = one(TECHNICIAN, technician_id)
    cursor.execute(CLOSE, (at, search_id, at, offer_id))
    during = TimestamptzRange(start_at, start_at + timedelta(minutes=90), "[)")
    cursor.execute(
        BIND, (technician_id, during, booking_id, partner_id, technician_id, start_at, at, CODE)
    )
    due_at = at + timedelta(hours=12)
    cursor.execute(
        BOOKING, (epoch + 1, due_at, partner_id, technician_id, at, start_at, at, booking_id)
    )
    cursor.execute(CLOCKS, (at, booking_id, booking_id, epoch + 1, due_at - timedelta(hours=2)))
    facts = json.dumps([last_hash, booking_id, sequence + 1, "claim", state, at.isoformat()])
    chained = hashlib.sha256(facts.encode()).hexdigest()
    cursor.execute(EVENT, (booking_id, sequence + 1, state, user_id, at, Jsonb({}), chained))
    context = Jsonb(
        {"service": service, "technician": name, "start_at": start_at.isoformat(), "cents": 2500}
    )
    to_customer = (uuid, sequence + 1, customer_id, email, language, context, SEALED)
    to_partner = (uuid, sequence + 1, user_id, user_email, user_language, context, SEALED)
    cursor.execute(NOTICES, [*to_customer, *to_partner])
    cursor.execute("COMMIT")
