"""The doctor: checks profiles, explains what is wrong, and repairs what it can."""
