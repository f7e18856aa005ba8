"""The addresses of this folder's pages, and the names by which the library that signs people in finds them."""

from __future__ import annotations

from django.urls import path

from priyom.web.signin import join, renew, second, views

patterns = [
    path("login", views.signin, name="signin"),
    path("login/language", views.door_language, name="door_language"),
    path("login/second", second.second, name="second"),
    path("login/passkey", second.passkey, name="passkey"),
    path("login/forgotten", renew.forgotten, name="forgotten"),
    path("login/new/<str:who>/<str:token>", renew.renew, name="renew"),
    path("join/<str:secret>", join.join, name="join"),
    path("logout", views.signout, name="signout"),
    path("me/language", views.language, name="language"),
]
