"""The text of ~/.aws/config and ~/.aws/credentials: parsed, edited and replaced losslessly.

profiles/ interprets the content; nothing here knows what it means to AWS.
"""
