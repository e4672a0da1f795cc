"""``python -m demo``: tells both stories, and says if something did not happen."""

from __future__ import annotations

import os
import signal
import sys

from demo.actors import DemoFailed
from demo.showing import RED, coloured, narrate
from demo.stories import dubbo, rmi


def main() -> int:
    """Runs both stories to their end; 1 if what has to happen does not."""
    try:
        narrate("A server and two clients, Ada and Ben, each a process of its own.")
        dubbo()
        rmi()
    except DemoFailed as error:
        print(coloured(f"The demo failed: {error}", RED), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # nobody reads any more, nor what Python would still say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def end(number: int, _: object) -> None:
    """Ends the story-teller on a signal, and with it all that it has started."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    sys.exit(main())
