"""What happens in the house, told to the staff."""

from __future__ import annotations

from priyom.alerts import tell, words
from priyom.alerts.act import act
from priyom.alerts.models import AlertKind
from priyom.clinic.models import Staff
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.models import Account
from priyom.inbox.facts import CallTaskClosed, CallTaskOpened, ConversationAssigned, StaffSpoke
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


@reacts_to(AccountHealthChanged)
def account_health_changed(fact: AccountHealthChanged, seen: Seen) -> None:
    """A channel fell or came back."""
    account = Account.objects.get(pk=fact.account_id)
    tell.about_account(account, AlertKind.CHANNEL, words.of_channel(account, fact.health, fact.why))


@reacts_to(StaffSpoke)
def staff_spoke(fact: StaffSpoke, seen: Seen) -> None:
    """A button under one of our messages, or words."""
    act(fact)
