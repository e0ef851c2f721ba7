"""The demo that lies in this database: one row, written before the first person of it and marked
when all is there.
"""

from django.db import models


class DemoWorld(models.Model):
    """A row that is not complete is a build that was broken off: it is made again, never opened."""

    the_one = models.BooleanField(primary_key=True, default=True)
    began_at = models.DateTimeField()  # where its clock began
    # of its customers and partners; they exist nowhere else
    password = models.CharField(max_length=60)
    ops_password = models.CharField(max_length=60)
    complete = models.BooleanField(default=False)
    # of those it was built with: the others are the player's own
    last_booking = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(the_one=True), name="one_demo")]
