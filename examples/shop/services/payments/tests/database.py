import sqlite3
import tempfile
import unittest
from pathlib import Path

from payments.ledger import Ledger

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def fresh_ledger(test: unittest.TestCase) -> Ledger:
    """A ledger on a new, migrated file, which goes away with the test."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    path = f"{folder.name}/payments.db"
    with sqlite3.connect(path) as database:
        for migration in sorted(MIGRATIONS.glob("*.sql")):
            database.executescript(migration.read_text())
    database.close()
    return Ledger(path)
