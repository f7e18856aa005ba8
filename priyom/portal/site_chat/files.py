"""Files of a chat: links to those that stand in it, each for its own visitor, and the store where a visitor's large
files wait until the channel has fetched them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from priyom.delivery.accounts import wire
from priyom.delivery.models import Account, FileState, StoredFile
from priyom.foundation.clock import now
from priyom.portal.models import Upload
from priyom.portal.site_chat.entrance import Caller, Refused, account_of, answers, fields, signed
from priyom.portal.site_chat.rules import UPLOAD
from priyom.portal.site_chat.tally import count

SALT = "priyom.chat.file"
LINK_LIVES = 24 * 3600  # seconds; every look at the chat makes new links
MOST = 10 * 1024 * 1024
"""Bytes of one file; the protocol's limit."""
KEPT = timedelta(days=3)
"""The channel tries to fetch for some hours."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""Shown in the chat itself; anything else is only saved, never opened as a page of ours."""


def link(caller: Caller, file_id: int) -> str:
    """Where this visitor's page finds the file."""
    token = signing.dumps([caller.account.pk, caller.visitor, file_id], salt=SALT)
    return reverse("chat:file", args=[caller.account.key, token])


def takes_large(account: Account) -> bool:
    """Whether the channel has been told where our store is."""
    return bool(account.settings.get("files_url"))


@answers
@require_GET
def file(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """`GET /chat/<key>/file/<token>`: the content. The token was made for whoever sees the message."""
    account = account_of(key)
    try:
        account_id, _, file_id = signing.loads(token, salt=SALT, max_age=LINK_LIVES)
    except (signing.BadSignature, ValueError, TypeError):
        raise Http404 from None
    found = StoredFile.objects.filter(pk=file_id, state=FileState.HERE).first()
    if found is None or account_id != account.pk:
        raise Http404
    picture = found.mime in PICTURES
    response = HttpResponse(bytes(found.content or b""), found.mime if picture else "application/octet-stream")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    response.headers["Content-Disposition"] = content_disposition_header(not picture, found.name) or "attachment"
    return response


@answers
@require_POST
def upload(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/upload`: the bytes of one file; signed over `file:` and their SHA-256 in hex. {"ref"}; 413."""
    content = request.read(MOST + 1)
    caller = signed(request, key, f"file:{hashlib.sha256(content).hexdigest()}".encode())
    if not takes_large(caller.account) or len(content) > MOST:
        raise Refused(413, "large")
    count("upload", UPLOAD, request, caller.account.pk, caller.visitor)
    at = now()
    Upload.objects.filter(created_at__lt=at - KEPT).delete()
    ref = secrets.token_urlsafe(24)
    Upload.objects.create(ref=ref, account=caller.account, visitor=caller.visitor, content=content, created_at=at)
    return JsonResponse({"ref": ref})


@answers
@require_POST
def stored(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/stored` {"visitor", "ref"}: what the channel fetches, signed with the account's own secret."""
    account = account_of(key)
    made = hmac.new(wire(account).hook_secret.encode(), b"relay:" + request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), request.headers.get("x-priyom-signature", "").encode()):
        raise Refused(401, "signature")
    said = fields(request)
    found = Upload.objects.filter(account=account, visitor=str(said.get("visitor")), ref=str(said.get("ref"))).first()
    if found is None:
        raise Refused(404, "file")
    return HttpResponse(bytes(found.content), content_type="application/octet-stream")
