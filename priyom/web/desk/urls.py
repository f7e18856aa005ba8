"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.desk import presence, setup, views

patterns = [
    path("presence", presence.beat, name="presence_beat"),
    path("presence/say", presence.say, name="presence_say"),
    path("desk", views.page, name="desk"),
    path("desk/rows", views.rows, name="desk_rows"),
    path("desk/pass-on/<int:staff_id>", views.pass_on, name="desk_pass_on"),
    path("desk/setup", setup.page, name="desk_setup"),
    path("desk/setup/house", setup.save_house, name="desk_house"),
    path("desk/setup/branches/<int:branch_id>", setup.save_branch, name="desk_branch"),
    path("desk/setup/accounts/<int:account_id>", setup.save_redirect, name="desk_redirect"),
    path("desk/setup/preview", setup.preview, name="desk_preview"),
]
