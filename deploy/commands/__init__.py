"""Parsing and printing, nothing else.

What a command does is imported when it runs, so that `kootwijk --help` answers at once.
"""
