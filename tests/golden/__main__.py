"""Writes all golden files anew, and says which have changed: `python -m tests.golden`."""

import sys

from tests.golden.derive import ROOT, derived, folders

for folder in folders():
    for name, text in derived(folder).items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"{path.relative_to(ROOT)} is new\n")
