"""Visits and free times: book, confirm, move, cancel. Records VisitBooked, VisitMoved, VisitConfirmed, VisitCancelled,
VisitArrived, VisitCompleted, VisitMissed."""
