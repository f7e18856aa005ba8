"""How the desk is set up: who gets new chats, what is promised, and what is answered by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.clinic.house import house
from priyom.clinic.models import Branch, House
from priyom.contracts import registry
from priyom.contracts.card import Audience, Sort
from priyom.delivery.models import Account
from priyom.inbox.auto_rules import HOURS_NAMES, REDIRECT_NAMES, unknown
from priyom.inbox.autoanswer import HOURS_TEXT, REDIRECT_TEXT, example, leads_on, plain
from priyom.inbox.desk_models import AutoAnswer
from priyom.notifications.catalogue import LANGUAGES
from priyom.web import frame, say
from priyom.web.frame import SETS, StaffRequest, screen

LONGEST = 1000
MOST_MINUTES, MOST_HOURS = 600, 72


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/desk/setup`: the house's own rule, each branch, each channel people write to."""
    return frame.show(request, "web/desk/setup.html", "desk", _context())


@screen(*SETS)
@require_POST
def save_house(request: StaffRequest) -> HttpResponse:
    """Whether new chats are handed out in turn."""
    House.objects.filter(pk=house().pk).update(hand_out=bool(request.POST.get("hand_out")))
    return _part(request, "house", good=_("Saved."))


@screen(*SETS)
@require_POST
def save_branch(request: StaffRequest, branch_id: int) -> HttpResponse:
    """What a branch promises, and what it answers while it is closed."""
    branch = Branch.objects.get(pk=branch_id)
    answer = AutoAnswer.objects.filter(branch=branch).first() or AutoAnswer(branch=branch)
    wrong = _typed(request, answer, HOURS_NAMES)
    minutes = _number(request, "promise", MOST_MINUTES)
    if minutes is None:
        wrong = wrong or _("Write the promise in minutes, from 0 to %(most)d.") % {"most": MOST_MINUTES}
    if wrong or minutes is None:
        return _part(request, f"b-{branch.pk}", answer=answer, bad=wrong)
    Branch.objects.filter(pk=branch.pk).update(promise_minutes=minutes)
    answer.save()
    return _part(request, f"b-{branch.pk}", good=_("Saved."))


@screen(*SETS)
@require_POST
def save_redirect(request: StaffRequest, account_id: int) -> HttpResponse:
    """Where people who write to this account are asked to go on, and until when."""
    account = next((one for one in _written_to() if one.pk == account_id), None)
    if account is None:
        raise Http404
    answer = AutoAnswer.objects.filter(account=account).first() or AutoAnswer(account=account)
    wrong = _typed(request, answer, REDIRECT_NAMES)
    answer.to_account = next((one for one in _linked() if str(one.pk) == request.POST.get("to", "")), None)
    try:
        answer.until = date.fromisoformat(until) if (until := request.POST.get("until", "")) else None
    except ValueError:
        raise Http404 from None
    if answer.enabled and (answer.to_account is None or answer.to_account == account):
        wrong = wrong or _("Choose the other channel where people shall go on.")
    if wrong:
        return _part(request, f"a-{account.pk}", answer=answer, bad=wrong)
    answer.save()
    return _part(request, f"a-{account.pk}", good=_("Saved."))


@screen(*SETS)
@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """What a patient will see, while the text is being written: `branch` or `to`, and both texts."""
    branch = next((b for b in Branch.objects.all() if str(b.pk) == request.POST.get("branch", "")), None)
    to = next((a for a in _linked() if str(a.pk) == request.POST.get("to", "")), None)
    names = HOURS_NAMES if branch is not None else REDIRECT_NAMES
    texts = [request.POST.get(f"text_{code}", "").strip()[:LONGEST] for code in LANGUAGES]
    strange = next((name for text in texts if (name := unknown(text, names))), "")
    return render(request, "web/desk/_preview.html", {
        "seen": [] if strange else _seen(texts, branch, to), "strange": strange,
    })  # fmt: skip


def _seen(texts: list[str], branch: Branch | None, to: Account | None) -> list[str]:
    link = ""
    if to is not None and (card := say.card(to.channel)) is not None:
        link = plain(card.deep_link).format(bot=to.bot_name)
    return [example(text, branch, code, link) for text, code in zip(texts, LANGUAGES, strict=True) if text]


def _typed(request: StaffRequest, answer: AutoAnswer, names: tuple[str, ...]) -> str:
    """Put what the form says into the answer; what is wrong with it, if anything."""
    answer.enabled = bool(request.POST.get("enabled"))
    answer.text_ru = request.POST.get("text_ru", "").strip()[:LONGEST]
    answer.text_kk = request.POST.get("text_kk", "").strip()[:LONGEST]
    hours = _number(request, "pause", MOST_HOURS)
    if hours is None or hours < 1:
        return _("Write after how many hours it may be said again, from 1 to %(most)d.") % {"most": MOST_HOURS}
    answer.pause_hours = hours
    if answer.enabled and not answer.text_ru:
        return _("Write what patients shall read.")
    strange = unknown(answer.text_ru, names) or unknown(answer.text_kk, names)
    if strange:
        listed = ", ".join(f"{{{{ {name} }}}}" for name in names)
        return _("«%(name)s» is unknown here. There are: %(listed)s.") % {"name": strange, "listed": listed}
    return ""


def _number(request: StaffRequest, name: str, most: int) -> int | None:
    text = request.POST.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) <= most else None


def _written_to() -> list[Account]:
    """Accounts at which patients write to us in words."""
    keys = [card.key for card in registry.cards() if card.audience is Audience.PATIENTS
            and card.sort not in (Sort.VOICE, Sort.NOTICE)]  # fmt: skip
    return list(Account.objects.filter(channel__in=keys, enabled=True).order_by("name", "pk"))


def _linked() -> list[Account]:
    """Accounts that have a link by which one gets there."""
    keys = [card.key for card in registry.cards() if card.deep_link]
    return list(Account.objects.filter(channel__in=keys, enabled=True).exclude(bot_name="").order_by("name", "pk"))


def _context() -> dict[str, Any]:
    stored = list(AutoAnswer.objects.select_related("to_account", "branch"))
    of_branch = {row.branch_id: row for row in stored if row.branch_id is not None}
    of_account = {row.account_id: row for row in stored if row.account_id is not None}
    linked = _linked()
    branches = [(b, of_branch.get(b.pk) or _new(HOURS_TEXT, branch=b)) for b in Branch.objects.order_by("name", "pk")]
    accounts = [(a, of_account.get(a.pk) or _new(REDIRECT_TEXT, account=a)) for a in _written_to()]
    return {
        "house": house(),
        "branches": [(b, answer, _example(answer)) for b, answer in branches],
        "accounts": [(a, answer, _example(answer)) for a, answer in accounts],
        "linked": linked,
        "over": {a.pk for a, answer in accounts if answer.enabled and not leads_on(answer)},
        "most_minutes": MOST_MINUTES,
        "most_hours": MOST_HOURS,
    }


def _example(answer: AutoAnswer) -> list[str]:
    """As a patient will see it; nothing as long as it names what is not known."""
    names = HOURS_NAMES if answer.branch is not None else REDIRECT_NAMES
    texts = [getattr(answer, f"text_{code}") for code in LANGUAGES]
    return [] if any(unknown(text, names) for text in texts) else _seen(texts, answer.branch, answer.to_account)


def _new(text: dict[str, str], **of: Branch | Account) -> AutoAnswer:
    """One nobody has set up yet: off, with words to begin with."""
    return AutoAnswer(text_ru=text["ru"], text_kk=text["kk"], **of)


def _part(request: StaffRequest, told: str, answer: AutoAnswer | None = None, **words: str) -> HttpResponse:
    """The page's forms anew; `told` is the one that was sent, `answer` what was typed into it and not saved."""
    if not frame.part(request):
        return HttpResponseRedirect(reverse("web:desk_setup"))
    kind, _gap, number = told.partition("-")
    context: dict[str, Any] = {**_context(), **words, "told_kind": kind, "told_id": int(number or 0)}
    if answer is not None:
        rows, mine = ("branches", answer.branch_id) if answer.branch_id else ("accounts", answer.account_id)
        context[rows] = [
            (row, answer, _example(answer)) if row.pk == mine else (row, other, seen)
            for row, other, seen in context[rows]
        ]
    return render(request, "web/desk/_setup.html", context)
