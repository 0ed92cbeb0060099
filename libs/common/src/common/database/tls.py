"""What the driver is given for TLS: libpq's parameters, which it takes in a URL, or a context of our own."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from common.database.parameters import SYSTEM, Tls, UrlError

_ALPN = "postgresql"


def driver_arguments(tls: Tls) -> Mapping[str, Any]:
    """Return the driver's arguments; raise UrlError where a file is missing or of no use."""
    root = tls.root or os.environ.get("PGSSLROOTCERT") or _default_root()
    if tls.mode == "verify-ca" and root in {None, SYSTEM}:
        raise UrlError("sslmode=verify-ca needs sslrootcert: the file of the authority's certificate")
    context = _context(tls, root)
    if tls.mode == "verify-full" and root in {None, SYSTEM}:
        # Without a file, too: whom the system trusts for this name is who was asked for.
        context.load_default_certs()
        return {"ssl": context, "direct_tls": tls.options.get("sslnegotiation") == "direct"}
    given = {"sslmode": tls.mode, "sslrootcert": tls.root, **tls.options}
    if not any(given.values()):
        return {}
    return {"dsn": "postgresql://?" + urlencode({name: value for name, value in given.items() if value})}


def _default_root() -> str | None:
    path = Path("~/.postgresql/root.crt").expanduser()
    return str(path) if path.exists() else None


def _context(tls: Tls, root: str | None) -> ssl.SSLContext:
    """Return a context with what the files hold: what cannot be read is named before anything is waited for."""
    options, context = tls.options, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([_ALPN])
    context.minimum_version = _version(options, "ssl_min_protocol_version", ssl.TLSVersion.TLSv1_2)
    context.maximum_version = _version(options, "ssl_max_protocol_version", ssl.TLSVersion.MAXIMUM_SUPPORTED)
    name = ""
    try:
        if root not in {None, SYSTEM}:
            name = "sslrootcert"
            context.load_verify_locations(root)
        if "sslcrl" in options:
            name = "sslcrl"
            context.load_verify_locations(options[name])
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
        if "sslcert" in options:
            name = "sslcert"
            password = options.get("sslpassword", "")
            context.load_cert_chain(options[name], options.get("sslkey"), lambda: password)
    except OSError as error:
        raise UrlError(f"the file of {name} cannot be used: {error}") from error
    return context


def _version(options: Mapping[str, str], name: str, default: ssl.TLSVersion) -> ssl.TLSVersion:
    value = options.get(name)
    try:
        return ssl.TLSVersion[value.replace(".", "_")] if value else default
    except KeyError as error:
        raise UrlError(f"{name}={value} is no version of TLS such as TLSv1.2") from error
