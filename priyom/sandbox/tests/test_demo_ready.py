"""The demo clinic's ready answers could have been kept by a person: words, variables, both languages."""

from __future__ import annotations

import pytest

from priyom.inbox.desk_models import QuickReply
from priyom.inbox.ready import check, plain_word
from priyom.sandbox.demo_ready import READY, make_ready


@pytest.mark.parametrize(("word", "russian", "kazakh"), READY, ids=[row[0] for row in READY])
def test_each_is_whole(word: str, russian: str, kazakh: str) -> None:
    assert plain_word(word) == word
    assert russian and kazakh  # noqa: PT018
    check(russian)
    check(kazakh)


@pytest.mark.django_db
def test_they_are_made_once() -> None:
    make_ready()
    QuickReply.objects.filter(word="цена").delete()
    make_ready()
    assert QuickReply.objects.count() == len(READY) - 1
