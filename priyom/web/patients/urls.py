"""The addresses of this folder's pages."""

from __future__ import annotations

from django.urls import path

from priyom.web.patients import booking, consents, contacts, merging, notes, views

CARD = "patients/<int:patient_id>"

patterns = [
    path("patients", views.page, name="patients"),
    path("patients/rows", views.rows, name="patients_rows"),
    path(CARD, views.card, name="patient"),
    path(f"{CARD}/link/<int:account_id>", views.link, name="patient_link"),
    path(f"{CARD}/contacts", contacts.add, name="contact_add"),
    path(f"{CARD}/contacts/<int:point_id>/relation", contacts.relate, name="contact_relate"),
    path(f"{CARD}/contacts/<int:point_id>/remove", contacts.remove, name="contact_remove"),
    path(f"{CARD}/contacts/<int:point_id>/back", contacts.put_back, name="contact_back"),
    path(f"{CARD}/contacts/<int:point_id>/wrong", contacts.wrong, name="contact_wrong"),
    path(f"{CARD}/notes", notes.write, name="card_note"),
    path(f"{CARD}/notes/<int:note_id>/take", notes.take_back, name="card_note_take"),
    path(f"{CARD}/notes/<int:note_id>/back", notes.put_back, name="card_note_back"),
    path(f"{CARD}/tags", notes.tag, name="patient_tag"),
    path(f"{CARD}/tags/suggest", notes.suggest, name="patient_tags"),
    path(f"{CARD}/tags/<int:tag_id>/off", notes.untag, name="patient_untag"),
    path(f"{CARD}/consents", consents.change_consent, name="patient_consent"),
    path(f"{CARD}/visits", booking.visits, name="patient_visits"),
    path(f"{CARD}/booking", booking.form, name="booking"),
    path(f"{CARD}/booking/take", booking.take, name="booking_take"),
    path(f"{CARD}/visits/<int:visit_id>/times", booking.times, name="booking_times"),
    path(f"{CARD}/visits/<int:visit_id>/move", booking.move, name="booking_move"),
    path(f"{CARD}/visits/<int:visit_id>/cancel", booking.cancel, name="booking_cancel"),
    path(f"{CARD}/merge", merging.choose, name="merge_choose"),
    path(f"{CARD}/merge/<int:other_id>", merging.compare, name="merge_compare"),
    path(f"{CARD}/merge/<int:other_id>/join", merging.merge, name="merge_join"),
    path(f"{CARD}/apart/<int:other_id>", merging.apart, name="cards_apart"),
    path(f"{CARD}/apart/<int:other_id>/back", merging.not_apart, name="cards_apart_not"),
    path(f"{CARD}/parted/<int:merge_id>", merging.part, name="merge_part"),
]
