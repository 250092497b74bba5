"""awsprof: a person's AWS access, set up right once and then trusted.

The public names are loaded on first use, so that ``import awsprof`` costs nothing.
"""

__version__ = "0.1.0"
