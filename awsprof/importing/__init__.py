"""Profiles and keys from other tools, as a plan that becomes one change."""
