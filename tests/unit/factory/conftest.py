"""Each of these tests may have a machine that is set up."""

from tests.standins.sample_config import machine

__all__ = ["machine"]
