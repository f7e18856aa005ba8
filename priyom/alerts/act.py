"""Act on what staff press or write under an alert."""

from __future__ import annotations

from priyom.alerts import tell, words
from priyom.alerts.models import Recipient
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.inbox import call
from priyom.inbox.facts import StaffSpoke
from priyom.inbox.models import CallTask

HELP = "Я присылаю звонки и тревоги. Отвечайте кнопками под сообщением; остальное в Приёме."


def act(fact: StaffSpoke) -> None:
    """A button, a digit, or words. Only a recipient who was let in may act; a stranger is noted and told so once."""
    known = Recipient.objects.select_related("account", "staff").filter(account_id=fact.account_id)
    recipient = known.filter(address=fact.address).first()
    if fact.delivery_id is not None and (recipient is None or not recipient.active):
        recipient = known.filter(alerts__delivery=fact.delivery_id).first()  # a person of the group we wrote to
    if recipient is None:
        _stranger(fact)
        return
    if not recipient.active:
        return
    verb, _, number = fact.action.partition(":")
    if verb in VERBS and number.isdigit():
        _on_task(recipient, fact, verb, int(number))
    elif not fact.action and not fact.press_id:
        tell.say(recipient, HELP)


def _stranger(fact: StaffSpoke) -> None:
    """Somebody wrote to the clinic's bot: a manager may let them in."""
    account = Account.objects.get(pk=fact.account_id)
    recipient = Recipient.objects.create(
        account=account, address=fact.address, name=fact.name or fact.address, active=False, created_at=now()
    )
    tell.say(recipient, words.ASKED)


def _on_task(recipient: Recipient, fact: StaffSpoke, verb: str, number: int) -> None:
    task = CallTask.objects.select_related("visit__branch", "patient").filter(pk=number).first()
    if task is None:
        return
    who = fact.name or (recipient.staff.get_full_name() if recipient.staff else "") or recipient.name
    try:
        VERBS[verb](task, recipient, who)
    except call.NotOpen:
        task.refresh_from_db()
        tell.say(recipient, f"Эта задача уже закрыта: {task.result or 'пациент ответил сам'}.")


def _take(task: CallTask, recipient: Recipient, who: str) -> None:
    if call.take(task, recipient.staff, who):
        tell.show_taken(task, who)
        return
    task.refresh_from_db()
    if task.state != "open" or not task.taken_name:
        raise call.NotOpen
    tell.say(recipient, f"Уже звонит {task.taken_name}.")


def _reached(task: CallTask, recipient: Recipient, who: str) -> None:
    call.done(task, recipient.staff, "confirmed", who=who)


def _gone(task: CallTask, recipient: Recipient, who: str) -> None:
    call.done(task, recipient.staff, "cancelled", who=who)


def _unreached(task: CallTask, recipient: Recipient, who: str) -> None:
    call.no_answer(task, recipient.staff, who=who)
    task.refresh_from_db()
    assert task.next_try_at is not None
    tell.say(
        recipient, f"Записал: не ответил. Позвоните еще раз через {int(call.TRY_AGAIN.total_seconds()) // 60} мин."
    )


VERBS = {"take": _take, "reached": _reached, "unreached": _unreached, "gone": _gone}
