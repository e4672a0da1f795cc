"""Protocol source in, module text out. Imported by the command line only."""
