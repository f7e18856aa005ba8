"""The names under which django-allauth looks for pages, each at the address of a page of ours. It brings addresses of
its own: none of them is opened."""

from __future__ import annotations

from django.urls import path

from priyom.web.me import again
from priyom.web.signin import second, views

urlpatterns = [
    path("login", views.signin, name="account_login"),
    path("login", views.signin, name="account_inactive"),
    path("login", views.signin, name="account_signup"),
    path("logout", views.signout, name="account_logout"),
    path("login/second", second.second, name="mfa_authenticate"),
    path("login/passkey", second.passkey, name="mfa_login_webauthn"),
    path("me/again", again.again, name="account_reauthenticate"),
    path("me/again", again.again, name="mfa_reauthenticate"),
    path("me/again", again.again, name="mfa_reauthenticate_webauthn"),
]
