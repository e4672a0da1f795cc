"""``python -m demo``: tells the story twice, and says whether it is the same."""

from __future__ import annotations

import sys

from demo.telling import DemoFailed, Part, tell

VARIANTS = {
    "by_hand": "By hand: wrappers and stubs over plain Pyro5",
    "generated": "Generated: the same, and none of it written",
}


def main() -> int:
    """Runs both variants; 0 if they tell the same, 1 if not or if one fails."""
    print("A server with prices, and three who listen. Each is a process of its own.")
    print("The listeners register. Then the server calls them back when it likes.")
    told: list[list[Part]] = []
    for variant, title in VARIANTS.items():
        print(f"\n{_colored(title, '1')}", flush=True)
        try:
            parts = tell(variant)
        except DemoFailed as error:
            print(_colored(f"The demo failed: {error}", "31"), file=sys.stderr)
            return 1
        show(parts)
        told.append(parts)
    same = told[0] == told[1]
    if same:
        print(f"\n{_colored('Both have told the same story.', '32')}")
        return 0
    print(_colored("\nThe two have not told the same story.", "31"), file=sys.stderr)
    return 1


def show(parts: list[Part]) -> None:
    """Prints what each process has told."""
    for part in parts:
        print(f"  {_colored(part.who, '36')}")
        for line in part.lines:
            print(f"    {line}")


def _colored(text: str, code: str) -> str:
    """The text in a colour, where a person looks at it."""
    return f"\x1b[{code}m{text}\x1b[0m" if sys.stdout.isatty() else text


if __name__ == "__main__":
    sys.exit(main())
