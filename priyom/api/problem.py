"""Errors of the API: RFC 9457 problem details, whatever went wrong and whoever noticed it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

CONTENT_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

DETAILS = {
    HTTPStatus.UNAUTHORIZED: "Нужен ключ: заголовок Authorization: Bearer <ключ>",
    HTTPStatus.NOT_FOUND: "Здесь ничего нет",
    HTTPStatus.METHOD_NOT_ALLOWED: "Этот адрес так не вызывают",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Тело запроса больше 5 МБ: разделите его",
}


class ApiProblem(Exception):
    """Raised by a view: answer with this status, sentence and list of errors ({"pointer", "detail"})."""

    def __init__(
        self, status: int, detail: str, *, kind: str = "about:blank", errors: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.errors = status, detail, kind, tuple(errors)


def problem(
    status: int, detail: str = "", *, kind: str = "about:blank", errors: Sequence[dict[str, str]] = ()
) -> HttpResponse:
    """The response. `kind` about:blank says that the status says it all (RFC 9457, 4.2.1)."""
    http = HTTPStatus(status)
    body: dict[str, Any] = {
        "type": kind,
        "title": http.phrase,
        "status": status,
        "detail": detail or DETAILS.get(http, http.phrase),
    }
    if errors:
        body["errors"] = list(errors)
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)


def handle(api: NinjaAPI) -> None:
    """Teach the API to answer with problems."""

    @api.exception_handler(ApiProblem)
    def _own(request: HttpRequest, error: ApiProblem | type[ApiProblem]) -> HttpResponse:
        assert isinstance(error, ApiProblem)
        return problem(error.status, error.detail, kind=error.kind, errors=error.errors)

    @api.exception_handler(AuthenticationError)
    def _key(request: HttpRequest, error: AuthenticationError | type[AuthenticationError]) -> HttpResponse:
        response = problem(401)
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(ValidationError)
    def _parameters(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
        assert isinstance(error, ValidationError)
        errors = [
            {"pointer": "/" + "/".join(str(step) for step in found["loc"]), "detail": str(found["msg"])}
            for found in error.errors
        ]
        return problem(422, "Параметры запроса не подходят", errors=errors)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
        assert isinstance(error, HttpError)
        return problem(error.status_code, str(error))

    @api.exception_handler(Http404)
    def _nothing(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
        return problem(404)

    @api.exception_handler(RequestDataTooBig)
    def _big(request: HttpRequest, error: RequestDataTooBig | type[RequestDataTooBig]) -> HttpResponse:
        return problem(413)

    @api.exception_handler(Exception)
    def _failure(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        log.error(
            "%s %s failed", request.method, request.path, exc_info=error if isinstance(error, Exception) else None
        )
        return problem(500, "Сбой программы; он записан в журнал")


def answering(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view whose every error is a problem, also those that the framework answers by itself (405)."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problem(400, "В адресе нечитаемые знаки")
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return problem(404)
        if response.status_code < 400 or str(response.get("Content-Type", "")).startswith(CONTENT_TYPE):
            return response
        made = problem(response.status_code)
        if response.has_header("Allow"):
            made["Allow"] = response["Allow"]
        return made

    return answer
