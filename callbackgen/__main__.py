"""``python -m callbackgen``: the same as the command ``callbackgen``."""

from callbackgen.cli import main

if __name__ == "__main__":
    main()
