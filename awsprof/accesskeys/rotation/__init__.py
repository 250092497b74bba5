"""Rotating a key in stages, each of which another run can go on from."""
