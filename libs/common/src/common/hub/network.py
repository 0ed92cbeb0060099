"""The way to the Hub: the environment's proxies and certificate authorities, the same for both HTTP clients.

Proxies are those of HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, in lower case too, but for what NO_PROXY names. Neither
client reads the environment itself: they differ in what NO_PROXY means, and one would send passwords of ~/.netrc.
"""

import contextlib
import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import getproxies

from yarl import URL

from common.outcomes import StartupError


@dataclass(frozen=True)
class Network:
    """By which proxy to go to a URL, and whose certificates to trust there. `proxies` holds scheme -> URL."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)  # with passwords
    no_proxy: str = ""

    def proxy_for(self, url: URL) -> str | None:
        """Return the proxy's URL, or None where the way is direct."""
        proxy = self.proxies.get(url.scheme)
        return None if proxy is None or self._is_direct(url) else proxy

    def _is_direct(self, url: URL) -> bool:
        host = (url.host or "").lower()
        return any(_covers(entry.strip().lower(), host, url.port) for entry in self.no_proxy.split(","))


def read_environment() -> Network:
    """Return the environment's way to the Hub; raise StartupError where a variable names nothing usable."""
    found = getproxies()
    proxies = {scheme: found.get(scheme) or found.get("all") for scheme in ("http", "https")}
    return Network(
        _trusting(), {scheme: _proxy(scheme, url) for scheme, url in proxies.items() if url}, found.get("no", "")
    )


def certificate_problem(error: BaseException | None) -> str | None:
    """Say what is wrong with a server's certificate and what helps; None where the error has another cause."""
    while error is not None:
        # aiohttp's error is one of these too, but does not say what its cause does.
        if isinstance(error, ssl.SSLCertVerificationError) and (why := getattr(error, "verify_message", "")):
            hint = "if an authority of yours signs it, name the authority's file in SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
            return f"its certificate is not trusted ({why}); {hint}"
        error = error.__cause__ or error.__context__
    return None


def _trusting() -> ssl.SSLContext:
    """Return what SSL_CERT_FILE, SSL_CERT_DIR or else the system trusts, and REQUESTS_CA_BUNDLE besides."""
    context = ssl.create_default_context()
    # OpenSSL reads the first by itself, but says nothing where it cannot.
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if not (path := os.environ.get(name)):
            continue
        try:
            context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
        except OSError as error:
            raise StartupError(f"{name}: {path} holds no certificates: {error.strerror or error}") from error
    return context


def _proxy(scheme: str, url: str) -> str:
    url = url if "://" in url else f"http://{url}"
    if URL(url).scheme not in {"http", "https"}:
        # Without the URL: it may hold a password.
        raise StartupError(f"{scheme.upper()}_PROXY or ALL_PROXY: only http:// and https:// proxies are spoken to")
    return url


def _covers(entry: str, host: str, port: int | None) -> bool:
    """Tell whether an entry of NO_PROXY means a host: its name, its domain, its network, or everything."""
    if entry == "*":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    domain = entry.removesuffix(f":{port}").removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
