"""Checks of live."""
