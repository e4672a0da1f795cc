"""The shape of a generated module, as a real module for an example Protocol."""
