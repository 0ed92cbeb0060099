"""`python -m tests.structure`: prints the shape of the packages, against the bounds that test_structure.py holds."""

from tests.structure.measure import dashboard_lines, packages, shape_of

_HEAD = ("package", "lines", "parts", "imports", "largest folder", "longest function", "names twice")
_ROW = "{:<10} {:>6} {:>6} {:>8}  {:<28} {:<36} {}"


def main() -> None:
    """Print a row for each package, and how many lines there are in all."""
    shapes = [shape_of(package) for package in packages()]
    print(_ROW.format(*_HEAD))
    for each in shapes:
        folder, longest = (f"{name} {count}" for name, count in (each.largest_folder, each.longest_function))
        twice = ", ".join(each.names_twice) or "none"
        print(_ROW.format(each.name, each.lines, each.parts, each.imports, folder, longest, twice))
    python, dashboard = sum(each.lines for each in shapes), dashboard_lines()
    print(f"\nPython {python:,} lines, dashboard {dashboard:,}, in all {python + dashboard:,}")


if __name__ == "__main__":
    main()
