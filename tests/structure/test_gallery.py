"""The README opens with a picture of the dashboard, and docs/gallery.md shows every page; both stay small."""

import re

import pytest
from query_api.server.dashboard import ADDRESSES

from tests.support.gallery import FOLDER, PICTURES, ROOT

pytestmark = pytest.mark.one_python

README_BYTES = 150_000
ALL_BYTES = 600_000
# What only admins see.
NOT_SHOWN = {"/operations"}


def named(text: str) -> set[str]:
    """Return the pictures that a page names."""
    return set(re.findall(r"pictures/([\w-]+\.webp)", text))


def test_the_readme_opens_with_a_picture_in_both_themes() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.index("<picture>") < text.index("## ")
    assert "prefers-color-scheme: dark" in text
    shown = named(text)
    assert shown == {PICTURES[0].file(theme).name for theme in ("light", "dark")}
    assert sum((FOLDER / each).stat().st_size for each in shown) < README_BYTES


def test_the_gallery_shows_every_page() -> None:
    text = (ROOT / "docs" / "gallery.md").read_text()
    assert named(text) == {picture.file(theme).name for picture in PICTURES for theme in picture.themes}
    assert {each.name for each in FOLDER.iterdir()} == named(text)
    paths = {picture.path.partition("?")[0] for picture in PICTURES}
    assert {each for each in ADDRESSES if each.count("/") == 1} <= paths | NOT_SHOWN
    assert sum(each.stat().st_size for each in FOLDER.iterdir()) < ALL_BYTES
