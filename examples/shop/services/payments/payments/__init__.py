"""Authorises the cards of orders, once per order."""
