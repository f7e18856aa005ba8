"""Read once in a step what cannot change while the step lasts: the house's rules, an account, a wording. Outside of a
step nothing is remembered, so nobody ever sees an old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_step: ContextVar[dict[Any, Any] | None] = ContextVar("step", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """One step: each `once` function is asked once with the same arguments. Within a step it changes nothing."""
    if _step.get() is not None:
        yield
        return
    token = _step.set({})
    try:
        yield
    finally:
        _step.reset(token)


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator: within a step the first answer is given again. The arguments must be hashable."""

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        kept = _step.get()
        if kept is None:
            return function(*args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        answer: T = kept[key]
        return answer

    return asked
