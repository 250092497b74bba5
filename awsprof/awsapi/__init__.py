"""Calls to AWS: clients with limits, STS, IAM, and what their errors mean."""
