"""The pattern known from Java RMI: each end has an object that the other end calls.

`demo.rmi.by_hand` is what one writes over plain Pyro5; `demo.rmi.generated` is the same
on generated modules. What the two have in common is plain Python: the contract
(`demo.rmi.prices`), the server's own object (`demo.rmi.exchange`) and the clients'
(`demo.rmi.people`).
"""
