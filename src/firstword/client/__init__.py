"""Speech servers as seen from outside: any that speaks OpenAI's API.

Importing this room loads no codec and no model library.
"""
