"""The meaning of AWS's config files: profiles, sso-sessions, source chains and kinds.

No network access. Secrets are only in ``Value.text``, which no repr shows.
"""
