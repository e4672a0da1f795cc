"""The project beside its peers: each module here is one command."""
