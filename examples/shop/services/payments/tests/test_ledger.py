import sqlite3
import unittest
from concurrent.futures import ThreadPoolExecutor

from payments.ledger import Conflict, Ledger
from tests.database import fresh_ledger

CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"


class LedgerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.ledger = fresh_ledger(self)

    def test_declines_cards_that_end_in_0002(self) -> None:
        self.assertEqual(self.ledger.authorize("order-1", 100, CARD).status, "authorized")
        self.assertEqual(self.ledger.authorize("order-2", 100, DECLINED_CARD).status, "declined")

    def test_repeats_what_it_said(self) -> None:
        first = self.ledger.authorize("order-1", 100, CARD)
        self.assertEqual(self.ledger.authorize("order-1", 100, CARD), first)

    def test_keeps_no_more_of_the_card_than_its_end(self) -> None:
        self.assertEqual(self.ledger.authorize("order-1", 100, CARD).card_last4, "4242")

    def test_refuses_another_amount_or_card_for_an_order(self) -> None:
        self.ledger.authorize("order-1", 100, CARD)
        with self.assertRaises(Conflict):
            self.ledger.authorize("order-1", 200, CARD)
        with self.assertRaises(Conflict):
            self.ledger.authorize("order-1", 100, DECLINED_CARD)

    def test_voids_an_order_for_good_however_often_it_is_asked(self) -> None:
        self.ledger.authorize("order-1", 100, CARD)
        self.ledger.void("order-1")
        self.ledger.void("order-1")
        self.assertEqual(self.ledger.authorize("order-1", 100, CARD).status, "voided")

    def test_does_not_authorize_what_was_voided_before_it_arrived(self) -> None:
        self.ledger.void("order-1")
        self.assertEqual(self.ledger.authorize("order-1", 100, CARD).status, "voided")

    def test_authorizes_once_when_many_ask_at_once(self) -> None:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: self.ledger.authorize("order-1", 100, CARD), range(32)))
        self.assertEqual(set(answers), {answers[0]})

    def test_is_not_ready_without_its_file(self) -> None:
        with self.assertRaises(sqlite3.Error):
            Ledger("/nonexistent/payments.db").ready()
