"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.staff_alerts import views

patterns = [
    path("accounts/staff", views.page, name="staff_alerts"),
    path("accounts/staff/new", views.new, name="staff_alert_new"),
    path("accounts/staff/letter", views.letter, name="staff_letter"),
    path("accounts/staff/<int:recipient_id>", views.change, name="staff_alert_change"),
    path("accounts/staff/<int:recipient_id>/test", views.test, name="staff_alert_test"),
    path("accounts/staff/<int:recipient_id>/remove", views.remove, name="staff_alert_remove"),
]
