"""What changes who gets in asks once more who is asking: the password, a code or a passkey of a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from priyom.web.frame import StaffRequest

P = ParamSpec("P")
View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def surely(back: str) -> Callable[[View[P]], View[P]]:
    """Decorator inside `screen`: without a fresh proof one is asked for it first, and comes back to the page; after a
    form that was sent too late, to the page named `back`."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def asked(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if did_recently_reauthenticate(request):
                return view(request, *args, **kwargs)
            path = request.get_full_path() if request.method == "GET" else reverse(back)
            return HttpResponseRedirect(f"{reverse('web:again')}?next={quote(path)}")

        return asked

    return wrap
