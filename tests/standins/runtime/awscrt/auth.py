"""What botocore looks for, to see whether the runtime is there; nothing is signed by it."""

from enum import Enum


class AwsSignatureType(Enum):
    """Where a signature would stand."""

    HTTP_REQUEST_HEADERS = 0
    HTTP_REQUEST_QUERY_PARAMS = 1
