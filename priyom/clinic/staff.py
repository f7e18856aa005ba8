"""Make members of staff."""

from __future__ import annotations

from django.db import transaction

from priyom.clinic.models import Role, Staff


class BadStaff(ValueError):
    """The account cannot be made; the message says why."""


@transaction.atomic
def create(login: str, password: str, role: str, *, name: str = "") -> Staff:
    """A new member of staff. Raises BadStaff for a taken login, an unknown role or a password under 8 characters."""
    if role not in Role.values:
        raise BadStaff(f"Роли «{role}» нет; есть: {', '.join(Role.values)}")
    if len(password) < 8:
        raise BadStaff("Пароль короче 8 знаков")
    if Staff.objects.filter(username=login).exists():
        raise BadStaff(f"Логин «{login}» уже занят")
    first, _, last = name.partition(" ")
    return Staff.objects.create_user(username=login, password=password, role=role, first_name=first, last_name=last)
