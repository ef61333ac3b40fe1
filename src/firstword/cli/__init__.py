"""The command line: one module for each command, `entry` for what they share.

Modules here import nothing heavy at their top: `firstword --help` answers at once.
"""
