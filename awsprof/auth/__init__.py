"""From a profile to credentials, and from credentials to an identity."""
