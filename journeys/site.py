"""`python -m journeys.site URL` makes the account of the chat for a site there, and prints its key."""

from __future__ import annotations

import sys

import django
from django.conf import settings

if __name__ == "__main__":
    django.setup()
    from priyom.delivery import accounts
    from priyom.delivery.models import Purpose

    stored = f"{settings.LOCAL_URL}/chat/site/stored"
    account = accounts.create("webchat", "Чат на сайте", "site", {"site_url": sys.argv[1], "files_url": stored})
    account.purpose = Purpose.TALK
    account.save(update_fields=["purpose"])
    accounts.check(account)
    sys.stdout.write(account.key)
