"""boto3 sessions for scripts, and a plug-in for other tools that use botocore.

``awsprof`` exports the public functions and types from here.
"""
