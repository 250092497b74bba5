"""What the text of AWS's files means: profiles, sessions, chains and kinds.

No network, and no secret leaves a Value without being asked for by name.
"""
