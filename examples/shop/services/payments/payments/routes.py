"""What the service answers: requests to (status, body), without any HTTP."""

import re
import sqlite3
from typing import Any

from payments.ledger import Authorization, Conflict, Ledger

Answer = tuple[int, dict[str, Any] | None]

AUTHORIZATION = re.compile(r"/authorizations/([A-Za-z0-9-]{1,64})")


def answer(ledger: Ledger, method: str, path: str, body: Any) -> Answer:
    if path == "/livez":
        return 200, {"status": "live"}
    if path == "/readyz":
        return readiness(ledger)
    if not (match := AUTHORIZATION.fullmatch(path)):
        return problem(404, "not_found", f"There is nothing at {path}.")
    if method == "PUT":
        return authorize(ledger, match[1], body)
    if method == "DELETE":
        ledger.void(match[1])
        return 204, None
    return problem(405, "method_not_allowed", f"{method} is not possible here.")


def readiness(ledger: Ledger) -> Answer:
    try:
        ledger.ready()
    except sqlite3.Error as error:
        return problem(503, "not_ready", str(error))
    return 200, {"status": "ready"}


def authorize(ledger: Ledger, order_id: str, body: Any) -> Answer:
    amount_cents, card = (body.get("amountCents"), body.get("card")) if isinstance(body, dict) else (None, None)
    if type(amount_cents) is not int or not 0 < amount_cents < 2**53:
        return problem(400, "bad_request", "amountCents must be a whole number above 0.")
    if not isinstance(card, str) or not re.fullmatch(r"[0-9]{12,19}", card):
        return problem(400, "bad_request", "card must be 12 to 19 digits.")
    try:
        return 200, view(ledger.authorize(order_id, amount_cents, card))
    except Conflict:
        return problem(409, "different_payment", "This order was authorised for another amount or on another card.")


def view(authorization: Authorization) -> dict[str, Any]:
    return {
        "orderId": authorization.order_id,
        "status": authorization.status,
        "amountCents": authorization.amount_cents,
        "cardLast4": authorization.card_last4,
    }


def problem(status: int, code: str, message: str) -> Answer:
    return status, {"error": code, "message": message}
