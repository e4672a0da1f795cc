"""Both directions, on generated modules."""
