"""The doctor: every profile looked at, every reason told, and what can be mended mended."""
