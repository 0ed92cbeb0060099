"""`python -m arcwatch` is the command `arcwatch`."""

from arcwatch.cli import main

if __name__ == "__main__":
    main()
