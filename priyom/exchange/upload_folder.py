"""Where uploaded tables and refused rows are kept."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """A folder of personal data: for the program's own user only."""
    path = Path(settings.DATA) / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
