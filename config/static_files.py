"""Our own small files (styles, scripts, icons) answered in one piece. WhiteNoise hands out an open file, which under an
asynchronous server is read through a thread, and is left open when the browser hangs up in the middle of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # it bears no types
    """WhiteNoise in every other way."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file's contents with WhiteNoise's headers (304 and HEAD have none)."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file:
                content = found.file.read()
        answer = HttpResponse(content, status=int(found.status))
        del answer["content-type"]
        for name, value in found.headers:
            answer[name] = value
        return answer
