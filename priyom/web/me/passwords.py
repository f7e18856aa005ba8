"""What a new password must be, and changing it: all other sessions of the person end."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from priyom.clinic.models import Staff
from priyom.web.me import sessions


def wrong(new: str, again: str, person: Staff) -> dict[str, str]:
    """What is wrong with a new password, by the field it is said at (`new`, `again`); nothing when it will do."""
    try:
        validate_password(new, person)
    except ValidationError as error:
        return {"new": " ".join(error.messages)}
    return {} if new == again else {"again": _("The two passwords differ.")}


def odd_login(login: str) -> str:
    """Why nobody can sign in under such a name; '' when one can."""
    try:
        Staff._meta.get_field("username").run_validators(login)
    except ValidationError as error:
        return " ".join(error.messages)
    return "" if login else _("Choose a name.")


@transaction.atomic
def change(staff: Staff, new: str, request: HttpRequest | None = None) -> None:
    """Set it. `request` is the person's own browser, which stays signed in; without it every session ends."""
    staff.set_password(new)
    staff.save(update_fields=["password"])
    if request is None:
        sessions.end_all(staff)
        return
    before = request.session.session_key
    sessions.end_all(staff, but=before)
    update_session_auth_hash(request, staff)  # gives the session a new key
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
