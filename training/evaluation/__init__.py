"""Readers of measured data sets, and how networks in training are scored on them."""
