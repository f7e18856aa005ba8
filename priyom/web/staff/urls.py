"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.staff import invitations, views

patterns = [
    path("staff", views.page, name="staff"),
    path("staff/invite", invitations.new, name="staff_invite"),
    path("staff/rule", views.rule, name="staff_rule"),
    path("staff/<int:staff_id>", views.person, name="staff_person"),
    path("staff/<int:staff_id>/switch", views.switch, name="staff_switch"),
    path("staff/<int:staff_id>/password", views.new_password, name="staff_password"),
    path("staff/<int:staff_id>/factor", views.factor, name="staff_factor"),
    path("staff/invitations/<int:invitation_id>/again", invitations.again, name="invitation_again"),
    path("staff/invitations/<int:invitation_id>/withdraw", invitations.withdraw, name="invitation_withdraw"),
    path("staff/locks/<int:lock_id>/lift", views.lift, name="lock_lift"),
]
