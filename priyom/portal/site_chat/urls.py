"""Addresses of the site chat; `config.urls` includes them under `chat/`."""

from __future__ import annotations

from django.urls import path

from priyom.portal.site_chat import files, go_on, history, live, page, phone, post

app_name = "chat"
urlpatterns = [
    path("panel-<slug:mark>.js", page.panel, name="panel"),
    path("<slug:key>/chat.js", page.loader, name="loader"),
    path("<slug:key>/", page.page, name="page"),
    path("<slug:key>/demo", page.demo, name="demo"),
    path("<slug:key>/visitor", post.come, name="come"),
    path("<slug:key>/messages", history.messages, name="messages"),
    path("<slug:key>/live", live.stream, name="live"),
    path("<slug:key>/phone", phone.ask, name="phone"),
    path("<slug:key>/code", phone.prove, name="code"),
    path("<slug:key>/messengers", go_on.messengers, name="messengers"),
    path("<slug:key>/file/<str:token>", files.file, name="file"),
    path("<slug:key>/upload", files.upload, name="upload"),
    path("<slug:key>/stored", files.stored, name="stored"),
]
