"""Composition, without HTTP and without model names.

Four doors: `speak`, `listen`, `transcribe`, `converse`. Their parts are in `speaking/`, `hearing/` and
`conversing/`.
"""
