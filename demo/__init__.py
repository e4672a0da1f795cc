"""The story of a price service that calls its clients back, told twice.

`demo.by_hand` is what one writes over plain Pyro5; `demo.generated` is the same on
generated modules. ``python -m demo`` runs both and compares what they tell.
"""
