"""The stub file beside this one is what is read."""

raise RuntimeError("the source of an interface is never executed")
