"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.tasks import call, views

patterns = [
    path("tasks", views.page, name="tasks"),
    path("tasks/rows", views.rows, name="tasks_rows"),
    path("tasks/next", call.following, name="task_next"),
    path("tasks/<int:task_id>", views.task, name="task"),
    path("tasks/<int:task_id>/now", views.present, name="task_now"),
    path("tasks/<int:task_id>/times", views.times, name="task_times"),
    path("tasks/<int:task_id>/take", call.take, name="task_take"),
    path("tasks/<int:task_id>/free", call.free, name="task_free"),
    path("tasks/<int:task_id>/done", call.done, name="task_done"),
    path("tasks/<int:task_id>/undo", call.undo, name="task_undo"),
    path("tasks/<int:task_id>/wrong/<int:point_id>", call.wrong, name="task_wrong"),
]
