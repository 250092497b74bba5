"""The team file: profiles that a team shares, and how they are applied on this machine."""
