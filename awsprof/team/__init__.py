"""The team file: profiles that a team shares, and what becomes of them on this machine."""
