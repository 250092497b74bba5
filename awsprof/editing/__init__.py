"""The one way in which anything is changed: files and vault together, shown first, undone after.

``verbs`` make a Change, ``change`` shows it, ``apply`` does it, ``history`` takes it back; beneath
them ``lines`` (which text is secret), ``hunks`` (what differs, and where it went), ``records``
(what history keeps). Asking and printing are other rooms' business.
"""
