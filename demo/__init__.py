"""Two examples of a server that calls its clients back.

Dubbo's: a client passes a listener as a parameter of a call, and is told from then on
(`demo.callbacks` is the contract, `demo.server` and `demo.client` are its two ends).
The pattern known from Java RMI: calls in both directions, over wrappers and stubs, once
written by hand and once generated (`demo.rmi`).

``python -m demo`` runs both, as processes, and says what happens while it does.
"""
