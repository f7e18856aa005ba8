"""`python -m journeys.hook_secret ACCOUNT_ID` prints the secret that account's gateway must show."""

from __future__ import annotations

import sys

import django

from journeys import counting

if __name__ == "__main__":
    counting.register()
    django.setup()
    from priyom.delivery import accounts
    from priyom.delivery.models import Account

    sys.stdout.write(accounts.wire(Account.objects.get(pk=int(sys.argv[1]))).hook_secret)
