"""Many sessions claim the same bookings: each is taken once (fault C1, C4). By hand:

    python -m bench.claim_race [--bookings 2000] [--sessions 64] [--processes 8] [--control 200]
    [--seed 1]

(a) All sessions are the offered technician's and claim every booking. (b) Each session is another
technician; they tap and claim bookings of one pool. Redis is flushed every 20 ms. Control: (b)
without the database's guard, with a Redis lock of 5 ms instead; it must show doubles, else the test
could not fail. One JSON line for each part; exits 1 when a promise is broken. In a dataset of its
own, made anew. tests/concurrency/test_claim_race.py runs short slices of the same.
"""
