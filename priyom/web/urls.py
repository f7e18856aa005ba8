"""The staff pages' addresses."""

from __future__ import annotations

from django.urls import path

from priyom.web import live, rail
from priyom.web.accounts import views as accounts
from priyom.web.attention import views as attention
from priyom.web.chats import compose, files
from priyom.web.chats import views as chats
from priyom.web.doubts import views as doubts
from priyom.web.imports import views as imports
from priyom.web.patients import views as patients
from priyom.web.signin import views as signin
from priyom.web.staff_alerts import views as staff_alerts
from priyom.web.tasks import views as tasks
from priyom.web.today import views as today
from priyom.web.visit import views as visit

app_name = "web"

urlpatterns = [
    path("", today.page, name="today"),
    path("today/rows", today.rows, name="today_rows"),
    path("live", live.stream, name="live"),
    path("rail", rail.rail, name="rail"),
    path("login", signin.signin, name="signin"),
    path("login/language", signin.door_language, name="door_language"),
    path("logout", signin.signout, name="signout"),
    path("me/language", signin.language, name="language"),
    path("visits/<int:visit_id>", visit.page, name="visit"),
    path("visits/<int:visit_id>/story", visit.story, name="visit_story"),
    path("visits/<int:visit_id>/times", visit.times, name="visit_times"),
    path("visits/<int:visit_id>/confirm", visit.confirm, name="visit_confirm"),
    path("visits/<int:visit_id>/cancel", visit.cancel, name="visit_cancel"),
    path("visits/<int:visit_id>/move", visit.move, name="visit_move"),
    path("chats", chats.page, name="chats"),
    path("chats/rows", chats.rows, name="chats_rows"),
    path("chats/<int:conversation_id>", chats.chat, name="chat"),
    path("chats/<int:conversation_id>/messages", chats.messages, name="chat_messages"),
    path("chats/<int:conversation_id>/send", chats.send, name="chat_send"),
    path("chats/<int:conversation_id>/composer", compose.shown, name="chat_composer"),
    path("chats/<int:conversation_id>/parts", compose.count, name="chat_parts"),
    path("chats/<int:conversation_id>/typing", compose.typing, name="chat_typing"),
    path("chats/<int:conversation_id>/give", chats.give, name="chat_give"),
    path("chats/<int:conversation_id>/files/<int:file_id>", files.file, name="chat_file"),
    path("chats/<int:conversation_id>/done", chats.done, name="chat_done"),
    path("chats/<int:conversation_id>/undo", chats.undo, name="chat_undo"),
    path("chats/<int:conversation_id>/who", chats.who, name="chat_who"),
    path("chats/<int:conversation_id>/attach/<int:patient_id>", chats.attach, name="chat_attach"),
    path("chats/patient/<int:patient_id>", chats.of_patient, name="chat_of"),
    path("tasks", tasks.page, name="tasks"),
    path("tasks/rows", tasks.rows, name="tasks_rows"),
    path("tasks/<int:task_id>", tasks.task, name="task"),
    path("tasks/<int:task_id>/times", tasks.times, name="task_times"),
    path("tasks/<int:task_id>/done", tasks.done, name="task_done"),
    path("tasks/<int:task_id>/no-answer", tasks.no_answer, name="task_no_answer"),
    path("tasks/<int:task_id>/unreached", tasks.unreached, name="task_unreached"),
    path("doubts", doubts.page, name="doubts"),
    path("doubts/rows", doubts.rows, name="doubts_rows"),
    path("doubts/<int:doubt_id>/again", doubts.again, name="doubt_again"),
    path("doubts/<int:doubt_id>/settle", doubts.settle, name="doubt_settle"),
    path("doubts/<int:doubt_id>/undo", doubts.undo, name="doubt_undo"),
    path("patients", patients.page, name="patients"),
    path("patients/rows", patients.rows, name="patients_rows"),
    path("patients/<int:patient_id>", patients.card, name="patient"),
    path("patients/<int:patient_id>/link/<int:account_id>", patients.link, name="patient_link"),
    path("accounts", accounts.page, name="accounts"),
    path("accounts/rows", accounts.rows, name="accounts_rows"),
    path("accounts/add", accounts.add, name="account_add"),
    path("accounts/new/<slug:channel>", accounts.new, name="account_new"),
    path("accounts/<int:account_id>", accounts.account, name="account"),
    path("accounts/<int:account_id>/change", accounts.change, name="account_change"),
    path("accounts/<int:account_id>/check", accounts.check, name="account_check"),
    path("accounts/<int:account_id>/test", accounts.test, name="account_test"),
    path("accounts/<int:account_id>/test/<int:delivery_id>", accounts.tested, name="account_tested"),
    path("accounts/<int:account_id>/switch", accounts.switch, name="account_switch"),
    path("accounts/<int:account_id>/poster", accounts.poster, name="account_poster"),
    path("accounts/<int:account_id>/poster/<slug:shape>.pdf", accounts.poster_file, name="account_poster_file"),
    path("accounts/<int:account_id>/purpose", accounts.purpose, name="account_purpose"),
    path("accounts/<int:account_id>/warm", accounts.warm, name="account_warm"),
    path("accounts/<int:account_id>/templates", accounts.hand_in, name="account_hand_in"),
    path("accounts/numbers", accounts.numbers_page, name="numbers"),
    path("accounts/staff", staff_alerts.page, name="staff_alerts"),
    path("accounts/staff/new", staff_alerts.new, name="staff_alert_new"),
    path("accounts/staff/<int:recipient_id>", staff_alerts.change, name="staff_alert_change"),
    path("accounts/staff/<int:recipient_id>/test", staff_alerts.test, name="staff_alert_test"),
    path("accounts/staff/<int:recipient_id>/remove", staff_alerts.remove, name="staff_alert_remove"),
    path("imports", imports.page, name="imports"),
    path("imports/new", imports.begin, name="import_begin"),
    path("imports/<int:import_id>", imports.one, name="import"),
    path("imports/<int:import_id>/preview", imports.look, name="import_preview"),
    path("imports/<int:import_id>/start", imports.start, name="import_start"),
    path("imports/<int:import_id>/progress", imports.progress, name="import_progress"),
    path("imports/<int:import_id>/refused", imports.refused, name="import_refused"),
    path("attention", attention.page, name="attention"),
    path("attention/updates/<int:update_id>/replay", attention.replay_update, name="replay_update"),
    path("attention/facts/<int:pending_id>/replay", attention.replay_fact, name="replay_fact"),
]
