"""`python -m journeys.fill BASE_URL CHANNEL[,CHANNEL...] COUNT PACE` makes an account of each and due messages; prints
the accounts' ids."""

from __future__ import annotations

import sys

import django

from journeys import counting


def main(base_url: str, channel: str, count: int, pace: float) -> None:
    """Fill."""
    from priyom.delivery import accounts  # noqa: PLC0415 - needs Django to be set up
    from priyom.delivery.enqueue import Order, enqueue_many  # noqa: PLC0415

    for name in channel.split(","):
        account = accounts.create(name, name, name.replace("_", "-"), {"base_url": base_url})
        account.pace = pace or None
        account.save()
        enqueue_many(
            [Order(account.pk, f"+7701{n:07d}", {"text": f"Сообщение {n}", "rows": []}, "system") for n in range(count)]
        )
        sys.stdout.write(f"{account.pk} ")


if __name__ == "__main__":
    counting.register()
    django.setup()
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
