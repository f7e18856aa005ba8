"""How django-allauth does things here: nobody signs up by themselves, secrets of apps rest encrypted, pictures are
drawn by the library we have, and what goes wrong is said in our words."""

from __future__ import annotations

from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from priyom.clinic import lockout
from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.foundation import encryption
from priyom.foundation.clock import now
from priyom.web.me import required


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # its base bears no types
    """Signing in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: colleagues are invited."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address the request came from; a test's request may have none."""
        return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say themselves what was done."""

    def post_login(self, request: HttpRequest, user: Staff, **kwargs: Any) -> HttpResponse:
        """Signed in, all steps done: the failures are forgotten, the house's rule of the second step is looked at."""
        lockout.succeeded(user.username)
        required.hold(request, user)
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        # The library takes the computer's clock; where the house's own is turned, lists would tell two times.
        UserSession.objects.filter(session_key=request.session.session_key).update(created_at=now(), last_seen_at=now())
        return answer


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]  # its base bears no types
    """The second step."""

    def get_totp_label(self, user: Staff) -> str:
        """Under which name the app shows the account."""
        return user.username

    def get_totp_issuer(self) -> str:
        """The clinic's name."""
        return house().name

    def build_totp_svg(self, url: str) -> str:
        """The picture the app scans."""
        return drawn(url)

    def encrypt(self, text: str) -> str:
        """Under the installation's key, like the channels' secrets."""
        return encryption.encrypt(settings.ENCRYPTION_KEY, text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises encryption.WrongKey."""
        return encryption.decrypt(settings.ENCRYPTION_KEY, encrypted_text.encode())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whom a passkey is for: this address, shown under the clinic's name."""
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**found, "name": house().name}


def drawn(text: str) -> str:
    """A QR code as SVG: dark on light in both themes, for a camera reads no other."""
    picture: str = segno.make(text, error="m").svg_inline(border=3, scale=4, omitsize=True, dark="#000", light="#fff")
    return picture
