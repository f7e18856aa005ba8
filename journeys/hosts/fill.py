"""`python -m journeys.hosts.fill BASE_URL COUNT PACE CHANNEL...`: an account of each channel, made when absent, and
`COUNT` due messages more for each. Prints {channel: [account's id, the secret its gateway shows]} as JSON."""

from __future__ import annotations

import json
import sys

import django

from journeys import counting

BODY = {"text": "Ждем вас завтра в 10:00", "rows": []}


def main(base_url: str, count: int, pace: float, channels: list[str]) -> dict[str, tuple[int, str]]:
    """Fill."""
    from priyom.delivery import accounts  # noqa: PLC0415 - needs Django to be set up
    from priyom.delivery.enqueue import Order, enqueue_many  # noqa: PLC0415
    from priyom.delivery.models import Account  # noqa: PLC0415

    made: dict[str, tuple[int, str]] = {}
    for channel in channels:
        key = channel.replace("_", "-")
        account = Account.objects.filter(key=key).first()
        if account is None:
            account = accounts.create(channel, channel, key, {"base_url": base_url})
        account.pace = pace or None
        account.save(update_fields=["pace"])
        if count:
            enqueue_many([Order(account.pk, f"+7701{n:07d}", BODY, "system") for n in range(count)])
        made[channel] = account.pk, accounts.wire(account).hook_secret
    return made


if __name__ == "__main__":
    counting.register()
    django.setup()
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])))
