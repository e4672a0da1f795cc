"""Write the generated modules of all golden cases anew: ``make golden``.

Review the difference before you commit it: what stands in the cases is what users
get.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.generated import cases


def main() -> int:
    """Regenerate each case; the number of those that could not be."""
    failed = 0
    for case in cases.names():
        with tempfile.TemporaryDirectory() as temporary:
            root = Path(temporary)
            folder = cases.copy_sources(case, root)
            run = cases.generate(case, root)
            if run.returncode:
                print(f"{case}: not generated\n{run.stderr}", file=sys.stderr)
                failed += 1
                continue
            new, old = cases.generated(folder), cases.generated(cases.ROOT / case)
            for name in old.keys() - new.keys():
                (cases.ROOT / case / name).unlink()
            for name, text in new.items():
                if old.get(name) != text:
                    (cases.ROOT / case / name).write_text(text, encoding="utf-8")
                    print(f"{case}/{name}: written")
    return failed


if __name__ == "__main__":
    sys.exit(main())
