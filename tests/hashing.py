"""Passwords of tests: the site's own hash, made as weak as it can be.

At its real strength each costs a fifth of a second of processor, to keep what nobody is after.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 8, 1
