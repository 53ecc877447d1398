"""Puts the benches' folder on the path: their files name each other as scripts do."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bench"))
