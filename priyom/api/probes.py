"""What machines ask: does the process live, can it work, and the numbers for Prometheus."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from priyom.analytics import counts

TEXT = "text/plain; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; it asks nobody else."""
    return HttpResponse("ok\n", content_type=TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and is of this version of the program, else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type=TEXT)
    if waiting:
        return HttpResponse(f"{len(waiting)} migrations wait\n", status=503, content_type=TEXT)
    return HttpResponse("ready\n", content_type=TEXT)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The counts of the house, fresh from the database at each call."""
    registry = CollectorRegistry()
    for metric in counts.metrics():
        gauge = Gauge(metric.name, metric.help, metric.labels, registry=registry)
        for labels, value in metric.values:
            (gauge.labels(*labels) if labels else gauge).set(value)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
