"""The staff pages' addresses: each folder's own, one after another."""

from __future__ import annotations

from django.urls import path

from priyom.web import rail
from priyom.web.accounts import urls as accounts
from priyom.web.attention import urls as attention
from priyom.web.chats import urls as chats
from priyom.web.desk import urls as desk
from priyom.web.doubts import urls as doubts
from priyom.web.imports import urls as imports
from priyom.web.live import stream as live
from priyom.web.me import urls as me
from priyom.web.news import urls as news
from priyom.web.opened import urls as opened
from priyom.web.patients import urls as patients
from priyom.web.ready import urls as ready
from priyom.web.signin import urls as signin
from priyom.web.staff import urls as staff
from priyom.web.staff_alerts import urls as staff_alerts
from priyom.web.styleguide import urls as styleguide
from priyom.web.tasks import urls as tasks
from priyom.web.today import urls as today
from priyom.web.visit import urls as visit

app_name = "web"

urlpatterns = [
    path("live", live.stream, name="live"),
    path("rail", rail.rail, name="rail"),
    *today.patterns,
    *signin.patterns,
    *me.patterns,
    *staff.patterns,
    *visit.patterns,
    *chats.patterns,
    *ready.patterns,
    *tasks.patterns,
    *desk.patterns,
    *doubts.patterns,
    *patients.patterns,
    *opened.patterns,
    *accounts.patterns,
    *staff_alerts.patterns,
    *imports.patterns,
    *news.patterns,
    *styleguide.patterns,
    *attention.patterns,
]
