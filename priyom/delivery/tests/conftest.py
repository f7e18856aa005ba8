"""What the room's tests stand on: the counting channels, an account, a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from journeys import counting
from priyom.delivery import accounts
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.patients.models import ContactPoint, Patient


@pytest.fixture(scope="module", autouse=True)
def _counting() -> Iterator[None]:
    """The counting channels, for these tests alone: other rooms' tests count the channels there are."""
    with counting.registered():
        yield


@pytest.fixture
def account(db: None) -> Account:
    """An account of the channel whose gateway can be asked."""
    return accounts.create("counted_ask", "Проба", "probe", {"base_url": "http://127.0.0.1:1", "token": "тайна"})


@pytest.fixture
def point(db: None) -> ContactPoint:
    """A contact point of a patient."""
    at = now()
    patient = Patient.objects.create(external_id="p", family="Иванов", given="Иван", created_at=at, changed_at=at)
    return ContactPoint.objects.create(patient=patient, kind="phone", address="+77010000000", created_at=at)


Make = Callable[..., int]


@pytest.fixture
def order(account: Account, point: ContactPoint) -> Make:
    """Order a delivery to that point."""

    def make(**more: object) -> int:
        values: dict[str, object] = {
            "account_id": account.pk,
            "address": point.address,
            "body": {"text": "Ждем Вас", "rows": []},
            "origin": "notification",
            "contact_point_id": point.pk,
            "patient_id": point.patient_id,
            "goal": "delivered",
            **more,
        }
        return enqueue(Order(**values))  # type: ignore[arg-type]

    return make
