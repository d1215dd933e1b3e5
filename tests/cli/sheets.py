"""Sheets that people fill in, as spreadsheets save them."""

import csv
from pathlib import Path

NAME = "会議.mp4"


def rows_of(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows, encoding="utf-8", **divided):
    """As a spreadsheet saves."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\r\n", **divided)
        writer.writeheader()
        writer.writerows(rows)
