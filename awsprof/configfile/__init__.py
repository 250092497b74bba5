"""~/.aws/config and ~/.aws/credentials as text: read, edited and replaced without a loss.

What the text means to AWS is the business of profiles/; nothing here knows of it.
"""
