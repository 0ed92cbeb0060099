"""`python -m tests.common.corpus`: adds the bodies of today's events that are not there yet."""

from common import events

from tests.common.corpus.bodies import FILE, bodies, read


def main() -> None:
    """Write those that are new to the end; nothing ever leaves."""
    known = {each.line for each in read()}
    with FILE.open("a") as file:
        file.writelines(f"{each.line}\n" for each in bodies(events) if each.line not in known)


if __name__ == "__main__":
    main()
