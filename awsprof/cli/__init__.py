"""The command line, one module for each group of commands (the only import of click).

Commands parse flags, call the other packages and print the result; they contain no AWS logic.
"""
