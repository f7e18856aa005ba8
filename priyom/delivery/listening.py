"""What a channel's listening session hands its catch to: kept like a webhook, before the vendor is told."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from priyom.contracts.channel import Account, Channel, Request
from priyom.delivery.database import Database
from priyom.delivery.incoming import raw_values
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")


class Letterbox:
    """A `contracts.channel.Post` of one account. Its methods raise psycopg.Error while the database is away: the
    session then has not handed over, and begins anew."""

    def __init__(self, database: Database, account_id: int, channel: Channel, wire: Account) -> None:
        self._database, self._account_id, self._channel, self._wire = database, account_id, channel, wire
        self.hook_url = f"{settings.PUBLIC_URL}/hooks/{channel.card.key}/{wire.key}"

    async def take(self, request: Request) -> None:
        """Keep an update durably; a repeat changes nothing."""
        values = raw_values(self._account_id, self._channel, self._wire, request)
        await self._database.rows(sql["raw_store"], values)

    async def cursor(self) -> str:
        """The position last kept, '' at first."""
        statement = "SELECT cursor FROM delivery_accountstate WHERE account_id = %(account)s"
        rows = await self._database.rows(statement, {"account": self._account_id})
        return str(rows[0][0]) if rows else ""

    async def keep(self, cursor: str) -> None:
        """Remember a position over restarts."""
        await self._database.rows(sql["cursor"], {"account": self._account_id, "cursor": cursor})
