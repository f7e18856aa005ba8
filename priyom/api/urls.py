"""The API as addresses: `/api/v1/...`, its OpenAPI document, a page that lists it, and problems for everything else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from priyom import __version__
from priyom.api import conversations, events, patients, problem, tasks, uncertain, visits
from priyom.api.keys import Key

api = NinjaAPI(
    title="Priyom",
    version=__version__,
    description="Events of visits in; what is known of each visit out. Errors are RFC 9457 problem details.",
    urls_namespace="api-v1",
    auth=Key(),
    docs_url=None,
)
problem.handle(api)
for room in (events, visits, patients, tasks, conversations, uncertain):
    api.add_router("", room.router)


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one plain page; it loads nothing from elsewhere."""
    rows = [
        (method.upper(), address, operation["summary"], operation.get("description", ""))
        for address, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
        for method, operation in methods.items()
    ]
    return HttpResponse(
        format_html(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Priyom API</title><h1>Priyom API {}</h1>"
            '<p>The whole description: <a href="openapi.json">openapi.json</a>. Send a key made by'
            " <code>priyom api-key create NAME</code> as <code>Authorization: Bearer KEY</code>.</p><dl>{}</dl></html>",
            __version__,
            format_html_join("", "<dt><code>{} {}</code> - {}<dd>{}", rows),
        )
    )


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """No such address."""
    return problem.problem(404)


def _answering(pattern: URLPattern) -> URLPattern:
    pattern.callback = problem.answering(pattern.callback)
    return pattern


app_name = "api-v1"
urlpatterns = [
    path("docs", docs, name="api-docs"),
    *(_answering(pattern) for pattern in api.urls[0] if isinstance(pattern, URLPattern)),
    re_path(r"^.*$", nothing),
]
