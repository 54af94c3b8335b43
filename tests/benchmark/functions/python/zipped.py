"""Prints how many bytes files and folders have, and how many the zip archive of them."""

import io
import pathlib
import sys
import zipfile

archive = io.BytesIO()
size = 0
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
    for path in map(pathlib.Path, sys.argv[1:]):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                size += file.stat().st_size
                package.write(file, file.relative_to(path.parent))
print(size, len(archive.getvalue()))
