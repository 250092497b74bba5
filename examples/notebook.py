# %% [markdown]
# # AWS from a notebook
# Open this file in VS Code or with jupytext: each `# %%` is a cell. A notebook has no terminal to
# ask on, so the code comes by `mfa=`; it is asked for once, and not again when the kernel restarts.

# %%
import getpass
import os

import awsprof


def ask(profile: str, device: str) -> str:
    """Jupyter shows this as a field below the cell."""
    return getpass.getpass(f"Code of {device} for {profile}: ")


# %%
profile = os.environ.get("NOTEBOOK_PROFILE", "admin")
session = awsprof.session(profile, region="eu-west-1", mfa=ask)
awsprof.whoami(session)

# %%
s3 = session.client("s3")
names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
print(awsprof.whoami(session).account, names)

# %% [markdown]
# For what takes keys and no Session (DuckDB, s3fs, a Spark cluster):

# %%
found = awsprof.credentials(profile, mfa=ask)
print(found.access_key_id[:4], found.expires is not None)
