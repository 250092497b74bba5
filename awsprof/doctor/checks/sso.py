"""Checks of sso."""
