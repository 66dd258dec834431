"""The ledger holds one authorisation per order, in SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Authorization:
    order_id: str
    status: str
    """authorized, declined or voided"""
    amount_cents: int | None
    card_last4: str | None


class Conflict(Exception):
    """The order was authorised before, for another amount or on another card."""


class Ledger:
    def __init__(self, path: str) -> None:
        self._path = path

    def ready(self) -> None:
        """Raises sqlite3.Error when the ledger cannot be read."""
        with closing(self._connect()) as database:
            database.execute("SELECT 1 FROM authorizations LIMIT 1")

    def authorize(self, order_id: str, amount_cents: int, card: str) -> Authorization:
        """Authorises or declines an order, and repeats what it said when it is asked again."""
        asked = Authorization(order_id, decide(card), amount_cents, card[-4:])
        with self._writing() as database:
            earlier = find(database, order_id)
            if earlier is None:
                database.execute(
                    "INSERT INTO authorizations (order_id, status, amount_cents, card_last4) VALUES (?, ?, ?, ?)",
                    (asked.order_id, asked.status, asked.amount_cents, asked.card_last4),
                )
                return asked
        if earlier.status != "voided" and earlier != asked:
            raise Conflict(order_id)
        return earlier

    def void(self, order_id: str) -> None:
        """Gives the money back. An order never seen is remembered, so that it cannot be authorised afterwards."""
        with self._writing() as database:
            database.execute(
                "INSERT INTO authorizations (order_id, status) VALUES (?, 'voided')"
                " ON CONFLICT (order_id) DO UPDATE SET status = 'voided'",
                (order_id,),
            )

    def _connect(self) -> sqlite3.Connection:
        # mode=rw: a missing file is an error here, and not the birth of an empty ledger.
        # isolation_level=None: transactions begin and end where this file says so.
        database = sqlite3.connect(f"file:{self._path}?mode=rw", uri=True, timeout=2, isolation_level=None)
        # An authorisation that was answered must survive a power cut, also where the journal is a write-ahead log.
        database.execute("PRAGMA synchronous = FULL")
        return database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Takes the write lock before it reads, so that two requests for one order cannot both find nothing."""
        with closing(self._connect()) as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")


def decide(card: str) -> str:
    return "declined" if card.endswith("0002") else "authorized"


def find(database: sqlite3.Connection, order_id: str) -> Authorization | None:
    columns = "order_id, status, amount_cents, card_last4"
    row = database.execute(f"SELECT {columns} FROM authorizations WHERE order_id = ?", (order_id,)).fetchone()
    return None if row is None else Authorization(*row)
