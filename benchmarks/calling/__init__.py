"""Callbacks over several ways, each with a process for the server and its clients."""
