"""Imports, rotates, stops and audits IAM access keys, by the rules AWS teaches."""
