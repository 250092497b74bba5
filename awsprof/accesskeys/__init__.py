"""Access keys by the rules AWS teaches: where one comes from, and what it must not be."""
