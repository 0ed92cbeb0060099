"""Origins are compared as the URL standard says, and PUBLIC_URL names a place below which everything is."""

import pytest
from query_api.settings import Settings

ORIGINS = [
    ("https://example.org", "https://example.org"),
    ("HTTPS://Example.ORG", "https://example.org"),
    ("https://example.org/", "https://example.org"),
    ("https://example.org:443", "https://example.org"),
    ("http://example.org:80/", "http://example.org"),
    ("http://example.org:443", "http://example.org:443"),
    ("https://example.org:8443", "https://example.org:8443"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
    ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("http://[::1]:3000", "http://[::1]:3000"),
    ("http://[2001:DB8:0:0:0:0:0:1]:80", "http://[2001:db8::1]"),
    ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ("*", "*"),
]


@pytest.mark.parametrize(("given", "origin"), ORIGINS)
def test_an_origin_is_kept_as_browsers_write_it(given: str, origin: str) -> None:
    assert Settings.model_validate({"cors_origins": given}).cors_origins == (origin,)


@pytest.mark.parametrize(
    "given",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https://example.org/app",
        "https://example.org/?a",
        "https://example.org/#a",
        "https://a@example.org",
        "https://a:b@example.org",
        "https://*.example.org",
        "null",
    ],
)
def test_what_is_no_origin_is_named(given: str) -> None:
    with pytest.raises(ValueError, match=r"is not an origin such as https://example\.org"):
        Settings.model_validate({"cors_origins": f"https://good.example, {given}"})


@pytest.mark.parametrize(
    ("url", "base", "prefix"),
    [
        ("https://example.org", "https://example.org/", ""),
        ("https://example.org/", "https://example.org/", ""),
        ("https://example.org/arcwatch", "https://example.org/arcwatch/", "/arcwatch"),
        ("https://example.org/arcwatch/", "https://example.org/arcwatch/", "/arcwatch"),
        ("http://[2001:db8::1]:8080/a/b/", "http://[2001:db8::1]:8080/a/b/", "/a/b"),
        ("", "", ""),
    ],
)
def test_a_public_url_may_end_in_a_slash_or_not(url: str, base: str, prefix: str) -> None:
    settings = Settings.model_validate({"public_url": url})
    assert (settings.base_url, settings.prefix) == (base, prefix)


@pytest.mark.parametrize("url", ["https://example.org/?a=b", "https://example.org/#models"])
def test_a_public_url_is_no_page(url: str) -> None:
    with pytest.raises(ValueError, match=r"it ends in a path, such as https://example\.org/arcwatch/"):
        Settings.model_validate({"public_url": url})
