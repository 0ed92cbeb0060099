"""What XML can hold of a text."""

import re

_NOT_XML = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]|[\ufffe\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)


def xml_text(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold, or should not: names come from folders of other people."""
    return _NOT_XML.sub("\ufffd", text)
