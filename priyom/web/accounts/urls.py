"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.accounts import views

patterns = [
    path("accounts", views.page, name="accounts"),
    path("accounts/rows", views.rows, name="accounts_rows"),
    path("accounts/add", views.add, name="account_add"),
    path("accounts/new/<slug:channel>", views.new, name="account_new"),
    path("accounts/<int:account_id>", views.account, name="account"),
    path("accounts/<int:account_id>/change", views.change, name="account_change"),
    path("accounts/<int:account_id>/check", views.check, name="account_check"),
    path("accounts/<int:account_id>/test", views.test, name="account_test"),
    path("accounts/<int:account_id>/test/<int:delivery_id>", views.tested, name="account_tested"),
    path("accounts/<int:account_id>/switch", views.switch, name="account_switch"),
    path("accounts/<int:account_id>/poster", views.poster, name="account_poster"),
    path("accounts/<int:account_id>/poster/<slug:shape>.pdf", views.poster_file, name="account_poster_file"),
    path("accounts/<int:account_id>/purpose", views.purpose, name="account_purpose"),
    path("accounts/<int:account_id>/warm", views.warm, name="account_warm"),
    path("accounts/<int:account_id>/templates", views.hand_in, name="account_hand_in"),
    path("accounts/numbers", views.numbers_page, name="numbers"),
]
