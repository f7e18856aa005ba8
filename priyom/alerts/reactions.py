"""What happens in the house, told to the staff."""

from __future__ import annotations

from priyom.alerts import tell, words
from priyom.alerts.act import act
from priyom.alerts.models import Alert, AlertKind
from priyom.clinic.models import Staff
from priyom.delivery.facts import AccountHealthChanged, WeatherChanged
from priyom.delivery.models import Account
from priyom.delivery.weather_models import Spell
from priyom.delivery.weather_rules import Level
from priyom.delivery.weather_usual import clinic_zone
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Mention
from priyom.inbox.facts import CallTaskClosed, CallTaskOpened, ConversationAssigned, NoteWritten, StaffSpoke
from priyom.inbox.models import CallTask, Conversation, TaskState
from priyom.journal.record import Seen, reacts_to


@reacts_to(CallTaskOpened)
def call_task_opened(fact: CallTaskOpened, seen: Seen) -> None:
    """A person shall call: whoever wants to know is told, if nobody was quicker."""
    task = CallTask.objects.select_related("visit__branch", "visit__practitioner", "patient").get(pk=fact.task_id)
    if task.state == TaskState.OPEN:
        tell.about_task(task)


@reacts_to(CallTaskClosed)
def call_task_closed(fact: CallTaskClosed, seen: Seen) -> None:
    """Nobody has to call any more."""
    tell.close(CallTask.objects.get(pk=fact.task_id), fact.result)


@reacts_to(ConversationAssigned)
def conversation_assigned(fact: ConversationAssigned, seen: Seen) -> None:
    """A conversation is somebody's now, and not by their own hand."""
    if fact.staff_id is None or fact.staff_id == fact.by_id:
        return
    conversation = Conversation.objects.select_related("patient").get(pk=fact.conversation_id)
    if conversation.assigned_to_id == fact.staff_id:
        tell.about_chat(conversation, Staff.objects.get(pk=fact.staff_id))


@reacts_to(NoteWritten)
def note_written(fact: NoteWritten, seen: Seen) -> None:
    """Somebody is named in a note: they are told, unless it was taken back or they have seen it already."""
    rows = Mention.objects.filter(note=fact.note_id, seen_at=None, staff__is_active=True)
    for mention in rows.select_related("staff", "note__author", "note__conversation__patient").order_by("pk"):
        tell.about_note(mention.note, mention.staff)


@reacts_to(AccountHealthChanged)
def account_health_changed(fact: AccountHealthChanged, seen: Seen) -> None:
    """A channel needs a person, or works again after that. One that only does not answer is told of by its weather."""
    account = Account.objects.get(pk=fact.account_id)
    told = Alert.objects.filter(account=account, kind=AlertKind.CHANNEL, closed_at=None)
    if fact.health == "broken" or (fact.health == "ok" and told.exists()):
        tell.about_account(account, AlertKind.CHANNEL, words.of_channel(account, fact.health, fact.why))
    if fact.health == "ok":
        told.update(closed_at=now())


@reacts_to(WeatherChanged)
def weather_changed(fact: WeatherChanged, seen: Seen) -> None:
    """A storm has come over a channel, told once; and once that it is over. Rough weather stands on the pages only."""
    spell = Spell.objects.select_related("account").get(pk=fact.spell_id)
    told = Alert.objects.filter(
        account=spell.account, kind=AlertKind.WEATHER, closed_at=None, text__startswith=f"! {words.of_place(spell)} "
    )
    if fact.level == Level.STORM and spell.ended_at is None and not told.exists():
        tell.about_account(spell.account, AlertKind.WEATHER, words.of_weather(spell, clinic_zone()))
    elif spell.ended_at is not None and told.exists():
        told.update(closed_at=now())
        tell.about_account(spell.account, AlertKind.WEATHER, words.of_weather_over(spell, clinic_zone()))


@reacts_to(StaffSpoke)
def staff_spoke(fact: StaffSpoke, seen: Seen) -> None:
    """A button under one of our messages, or words."""
    act(fact)
