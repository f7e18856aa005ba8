"""Members of staff: made, changed, switched off. Somebody who may set things always stays."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import override

from priyom.clinic.models import Branch, Practitioner, Role, Staff


class BadStaff(ValueError):
    """The account cannot be made or changed so; the message says why."""


@transaction.atomic
def create(login: str, password: str, role: str, *, name: str = "", email: str = "") -> Staff:
    """A new member of staff. Raises BadStaff for a taken or odd login, an unknown role or a password that is too weak.

    Whether the password resembles the name is not asked here: pages do, a console may choose.
    """
    if role not in Role.values:
        raise BadStaff(f"Роли «{role}» нет; есть: {', '.join(Role.values)}")
    with override("ru"):  # as all words below the pages
        try:
            validate_password(password)
            Staff.username_validator(login)
        except ValidationError as error:
            raise BadStaff(" ".join(error.messages)) from None
    if Staff.objects.filter(username__iexact=login).exists():
        raise BadStaff(f"Логин «{login}» уже занят")
    first, last = named(name)
    return Staff.objects.create_user(
        username=login, password=password, role=role, first_name=first, last_name=last, email=email
    )


def named(name: str) -> tuple[str, str]:
    """First and last name of a name written in one line."""
    first, _, last = " ".join(name.split()).partition(" ")
    return first[:150], last[:150]


@transaction.atomic
def change(by: Staff, staff_id: int, role: str, branches: Iterable[Branch], practitioner: Practitioner | None) -> Staff:
    """Another role, other branches. Raises BadStaff when they would lower themselves or the last administrator."""
    row = _locked(staff_id)
    if role not in Role.values:
        raise BadStaff(f"Роли «{role}» нет")
    if role != row.role:
        _stays(by, row)
    row.role, row.practitioner = role, practitioner
    row.save(update_fields=["role", "practitioner"])
    row.branches.set(branches)
    return row


@transaction.atomic
def switch(by: Staff, staff_id: int, *, on: bool) -> Staff:
    """Let them in, or keep them out from the next request on. Raises BadStaff as `change` does."""
    row = _locked(staff_id)
    if not on:
        _stays(by, row)
    row.is_active = on
    row.save(update_fields=["is_active"])
    return row


def _locked(staff_id: int) -> Staff:
    """The row, after whoever changes an administrator at the same moment has done so. Raises Staff.DoesNotExist."""
    list(Staff.objects.select_for_update().filter(role=Role.ADMIN).order_by("pk").values_list("pk"))
    return Staff.objects.select_for_update().get(pk=staff_id)


def _stays(by: Staff, row: Staff) -> None:
    if row.pk == by.pk:
        raise BadStaff("Свою роль и свой доступ меняет другой администратор или руководитель")
    others = Staff.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=row.pk)
    if row.role == Role.ADMIN and row.is_active and not others.exists():
        raise BadStaff("Это последний администратор: сначала назначьте другого")
