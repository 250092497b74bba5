"""What a credential_process line starts: installed as share/awsprof/awsprof, beside bin/.

The line names the Python that is to run it, with -EP, so nothing but the standard library and what
is installed is seen. The script in bin/ would do, but pip writes it, and up to its version 24 that
imports re first, which takes longer than handing out a session does.
"""

import sys

if __name__ == "__main__":
    from awsprof.__main__ import main

    sys.exit(main())
