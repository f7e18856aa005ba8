"""Secrets at rest: authenticated encryption (Fernet) under one key that lives outside the database."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class WrongKey(Exception):
    """The secrets in the database were written under another key; restore that key (see docs/security.md)."""


def load_key(value: str | None, path: Path) -> bytes:
    """The key from `value` (the environment), else from the file at `path`, made at first start (mode 600)."""
    if value:
        return value.encode()
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Fernet.generate_key()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(key)
    return key


def encrypt(key: bytes, text: str) -> bytes:
    """Ciphertext of `text`; different every time."""
    return Fernet(key).encrypt(text.encode())


def decrypt(key: bytes, token: bytes) -> str:
    """The text that `encrypt` was given. Raises WrongKey."""
    try:
        return Fernet(key).decrypt(bytes(token)).decode()
    except InvalidToken:
        raise WrongKey("эти секреты зашифрованы другим ключом") from None
