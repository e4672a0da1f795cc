"""Both directions, with wrappers and stubs written by hand over plain Pyro5."""
