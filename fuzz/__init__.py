"""Inputs that nobody thought of, for what reads the bytes of strangers.

A target is a module `<name>_target` whose `run` takes any bytes, does with them what
the run time would, and raises if anything happens that must not. `python -m fuzz` has
atheris look for such bytes; `corpus/<name>/` keeps some from which it starts, and which
the tests run through the targets without it. `python -m fuzz.seeds` writes them anew,
from real messages: do so when the format changes.
"""
