"""Erase one customer's personal data, as the law wants it; see docs/database-roles.md before you
run it.
"""

import getpass

from django.core.management.base import BaseCommand, CommandError

from backoffice import erasure
from payments import gateway
from payments.models import PaymentCustomer


class Command(BaseCommand):
    help = (
        "Erase the personal data of one customer. Connect as the owner of the tables. It may run "
        "twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("person", help="The e-mail address, or the account's number.")
        parser.add_argument(
            "--reason", required=True, help="Why; it is kept, so name nobody in it."
        )
        parser.add_argument(
            "--by",
            default=getpass.getuser(),
            help="Who does it; else your account on this machine.",
        )

    def handle(self, *args, **options):
        try:
            user = erasure.find(options["person"])
            counts = erasure.erase_person(user, by=options["by"], reason=options["reason"])
        except erasure.NotErased as refusal:
            raise CommandError(str(refusal)) from refusal
        except gateway.GatewayError as error:
            words = (
                f"Person {user.pk} is erased but for the cards: Stripe did not answer. Run it "
                f"again, by this number."
            )
            raise CommandError(words) from error
        for table, rows in sorted(counts.items()):
            self.stdout.write(f"{table:40} {rows:8}")
        self.stdout.write(
            f"Person {user.pk} is erased." if counts else f"Nothing of person {user.pk} was left."
        )
        for customer in PaymentCustomer.objects.filter(user__in=erasure.accounts_of(user)).order_by(
            "pk"
        ):
            self.stdout.write(f"Delete customer {customer.stripe_id} in Stripe's dashboard.")
