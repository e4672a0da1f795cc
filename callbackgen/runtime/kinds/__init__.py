"""The kinds of values: how those of each type travel, and what is held to it."""
