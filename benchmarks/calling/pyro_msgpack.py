"""Plain Pyro5 with the faster of its serializers that can be had for any client."""

from __future__ import annotations

from benchmarks.calling.pyro import over

CONTENDER = over("msgpack")
