"""The weather of the channels in words: one line for each that delivers worse than usual, or did earlier today; and one
for each of which too little arrived today. Shown on the channels, today's visits and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from priyom.alerts.rules import GOOD_SHARE
from priyom.alerts.share import bad_shares
from priyom.analytics.weather import Report, reports
from priyom.delivery.weather_day import Share
from priyom.delivery.weather_models import Weather
from priyom.delivery.weather_rules import Level
from priyom.foundation.clock import now
from priyom.web import say

NOW = {
    ("arrived", True): gettext_noop("%(who)s: delivery fell from %(usual)s to %(share)s, since %(time)s"),
    ("arrived", False): gettext_noop("%(who)s: only %(share)s arrives, since %(time)s"),
    ("taken", True): gettext_noop("%(who)s takes %(share)s of the messages instead of %(usual)s, since %(time)s"),
    ("taken", False): gettext_noop("%(who)s takes only %(share)s of the messages, since %(time)s"),
    ("answers", True): gettext_noop("%(who)s: %(share)s answer instead of %(usual)s, since %(time)s"),
    ("answers", False): gettext_noop("%(who)s: %(share)s answer, since %(time)s"),
    ("down", False): gettext_noop("%(who)s has not answered since %(time)s"),
}
PLACES = {
    "RU": gettext_noop("%(who)s, numbers of Russia"),
    "KZ": gettext_noop("%(who)s, numbers of Kazakhstan"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence; `account_id` is whose it is (None: all together); `tone`: `wait`, `bad` or '' (it is over)."""

    text: str
    account_id: int | None
    tone: str


def lines(zone: ZoneInfo) -> list[Line]:
    """How the channels are now, and were earlier on this day of the zone."""
    at = now()
    today = datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
    return [Line(_spell(r, zone), r.account.pk, "" if r.spell.ended_at else "wait") for r in reports(today, at)]


def stormy() -> set[int]:
    """Ids of the accounts that routes go round now."""
    return set(Weather.objects.filter(level=Level.STORM).values_list("account_id", flat=True))


def day_lines() -> list[Line]:
    """Of which accounts too little arrived on the clinic's day."""
    return [Line(_day(s), s.account.pk if s.account else None, "bad") for s in bad_shares(now())]


def _spell(report: Report, zone: ZoneInfo) -> str:
    spell = report.spell
    who = _(PLACES[spell.place]) % {"who": report.account.name} if spell.place in PLACES else report.account.name
    if spell.ended_at is not None:
        words = {"who": who, "since": clock(spell.since, zone), "until": clock(spell.ended_at, zone)}
        parts = [_("%(who)s works as usual again: it was bad from %(since)s to %(until)s") % words]
    else:
        parts = [_now(report, who, zone), _instead(report)]
    if report.extra is not None:
        parts.append(_("%(money)s more today") % {"money": say.money(str(report.extra), report.currency)})
    return ", ".join(parts)


def _now(report: Report, who: str, zone: ZoneInfo) -> str:
    kind = report.spell.kind
    if kind == "arrived" and not report.tells:
        kind = "taken"  # of what was tried, so much was taken: more this channel never tells
    words = {"who": who, "time": say.since(clock(report.spell.since, zone))}
    words |= {"share": percent(report.share or 0), "usual": percent(report.usual or 0)}
    return _(NOW[kind, report.usual is not None and kind != "down"]) % words


def _instead(report: Report) -> str:
    if not report.storm:
        return _("reminders still go this way")
    if not report.ways:
        return _("reminders go another way where there is one")
    titles = dict.fromkeys(_(say.channel_title(key)) for key in report.ways)
    return _("reminders go over %(ways)s") % {"ways": ", ".join(titles)}


def _day(share: Share) -> str:
    who = share.account.name if share.account else _("All channels together")
    words = {"who": who, "arrived": share.arrived, "ended": share.ended, "norm": percent(int(100 * GOOD_SHARE + 0.5))}
    words["share"] = percent(int(share.per_cent))
    return (
        _("%(who)s: %(arrived)s of %(ended)s messages about visits arrived today, %(share)s; %(norm)s is good") % words
    )


def percent(share: int) -> str:
    """«61 %» with a hard space."""
    return f"{share}\u00a0%"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """«14:20» of today there, else with the date: it stands after «с» and «до», which bear no «вчера»."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now().astimezone(zone).date() else f"{local:%d.%m\u00a0%H:%M}"
