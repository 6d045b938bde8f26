"""Puts the verified default model into a folder and prints the file's path.

python packaging/adapter/place_model.py FOLDER
"""

from __future__ import annotations

import sys

from quietdesk.engine.models import ModelStore
from quietdesk.paths import Paths

if __name__ == "__main__":
    print(ModelStore(Paths.find({"QUIETDESK_HOME": sys.argv[1]})).ensure_default().path)
