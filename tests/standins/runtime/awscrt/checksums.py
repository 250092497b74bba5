"""Checksums of the runtime's own, which nothing here asks for."""
