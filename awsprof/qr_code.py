"""QR codes as rows of text (the only import of segno)."""

from __future__ import annotations

import io

from awsprof.secret import Secret


def qr_rows(text: Secret) -> list[str]:
    """Returns the rows of the QR code in half blocks; two rows of dots are one row of text."""
    import segno

    drawn = io.StringIO()
    segno.make_qr(text.reveal(), error="l").terminal(drawn, border=1, compact=True)
    return drawn.getvalue().splitlines()
