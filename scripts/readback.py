#!/usr/bin/env python3
"""Reads an export back by other people's programs: the workbook by openpyxl, and by LibreOffice as CSV, both beside our own CSV of
the same rows. Usage: readback.py FOLDER, which holds archive.csv and archive.xlsx."""

import csv
import datetime
import itertools
import pathlib
import subprocess
import sys
import time

import openpyxl

FORMULA = "=+-@\t\r"


def plain(cell):
    """A cell of a workbook as the CSV has it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return str(cell)


def unguarded(text):
    """A text of our CSV without the quote that makes a formula harmless."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in FORMULA else text


def same(what, ours, theirs):
    rows = 0
    for n, (a, b) in enumerate(itertools.zip_longest(ours, theirs)):
        if a != b:
            sys.exit(f"{what}: row {n + 1} differs:\n  {a}\n  {b}")
        rows += 1
    return rows


def ours(folder):
    with open(folder / "archive.csv", encoding="utf-8-sig", newline="") as f:
        for row in csv.reader(f):
            yield [unguarded(c) for c in row]


def main():
    folder = pathlib.Path(sys.argv[1])
    started = time.monotonic()
    book = openpyxl.load_workbook(folder / "archive.xlsx", read_only=True)
    sheets = (s.iter_rows(values_only=True) for s in book.worksheets)
    width = len(next(ours(folder)))
    cells = ([plain(c) for c in row] + [""] * (width - len(row)) for sheet in sheets for row in sheet)
    rows = same("openpyxl", ours(folder), cells)
    print(f"openpyxl {openpyxl.__version__}: {rows} rows of {width} cells, equal to the CSV, in {time.monotonic() - started:.0f} s")
    started = time.monotonic()
    out = folder / "libreoffice"
    # 44 , 34 " 76 UTF-8, from row 1, cells as they are stored.
    how = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false'
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", how, "--outdir", out, folder / "archive.xlsx"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    with open(out / "archive.csv", encoding="utf-8-sig", newline="") as f:
        rows = same("LibreOffice", ours(folder), csv.reader(f))
    version = subprocess.run(["soffice", "--version"], check=True, capture_output=True, text=True).stdout.split()[:2]
    print(f"{' '.join(version)}: {rows} rows, equal to the CSV, in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
