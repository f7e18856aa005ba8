"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.me import again, factors, views

patterns = [
    path("me/security", views.security, name="security"),
    path("me/again", again.again, name="again"),
    path("me/password", views.password, name="password"),
    path("me/app", factors.app, name="app"),
    path("me/app/off", factors.app_off, name="app_off"),
    path("me/passkeys/new", factors.passkey_new, name="passkey_new"),
    path("me/passkeys/<int:key_id>/remove", factors.passkey_remove, name="passkey_remove"),
    path("me/codes", factors.codes, name="codes"),
    path("me/codes/file", factors.codes_file, name="codes_file"),
    path("me/codes/new", factors.codes_new, name="codes_new"),
    path("me/codes/kept", factors.codes_kept, name="codes_kept"),
    path("me/sessions/<int:session_id>/end", views.session_end, name="session_end"),
    path("me/sessions/end", views.sessions_end, name="sessions_end"),
]
