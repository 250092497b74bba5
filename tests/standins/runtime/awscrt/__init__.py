"""AWS's common runtime, as far as botocore needs it for `aws login`.

Put on the path of a program alone: the real one has botocore sign by other code in all tests.
"""

__version__ = "0.38.0"
