"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.doubts import views

patterns = [
    path("doubts", views.page, name="doubts"),
    path("doubts/rows", views.rows, name="doubts_rows"),
    path("doubts/<int:doubt_id>/again", views.again, name="doubt_again"),
    path("doubts/<int:doubt_id>/settle", views.settle, name="doubt_settle"),
    path("doubts/<int:doubt_id>/undo", views.undo, name="doubt_undo"),
]
