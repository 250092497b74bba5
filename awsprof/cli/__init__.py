"""The command line, one module for each group of commands (the only import of click).

Commands read flags, call the rooms below and show what came of it; they hold no rules of AWS.
"""
