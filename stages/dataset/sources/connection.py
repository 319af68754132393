"""Connection: a URL asked for, with redirects, proxies and credentials, and what failures mean."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from stages.dataset.sources.address import Address
from stages.dataset.sources.limits import Limits, PermanentError, TransientError

SAFE_TO_OPEN = ("http", "https")  # a redirect to the first, from the second
PASSING = (408, 425, 429)  # refusals that do not last; as those from 500 on


def open_url(address: Address, headers: dict[str, str], limits: Limits) -> Any:
    """The answer to a request, its head read and its body not.

    An answer of status 416 is returned like one of success. Raises `TransientError` and
    `PermanentError` for every other failure.
    """
    import http.client  # here and not above: only a download needs these, and they are slow
    import ssl
    import urllib.error
    import urllib.request

    limits.begin()
    try:
        request = urllib.request.Request(address.target, headers=headers)
        if address.authorization:
            request.add_unredirected_header("Authorization", address.authorization)
        return opener(limits).open(request, timeout=limits.wait())
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        error.close()
        answer = f"answered HTTP {error.code} {error.reason}".splitlines()[0]
        if error.code in PASSING or error.code >= 500:
            raise TransientError(answer, _seconds(error.headers.get("Retry-After"))) from error
        if error.code == 401:
            answer += "; give user and password as in https://user:password@host/…"
        raise PermanentError(answer) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise PermanentError(
                f"its certificate is not valid: {error.reason.verify_message}"
            ) from error
        raise TransientError(f"cannot be reached: {words(error.reason)}") from error
    except http.client.InvalidURL as error:
        raise PermanentError("is no valid address: a space or a control character") from error
    except ValueError as error:
        raise PermanentError(f"is no valid address: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise TransientError(f"does not answer: {words(error)}") from error


def opener(limits: Limits) -> Any:
    """Opens URLs, and follows redirects to no other protocol and to no less safe one."""
    import http.client
    import urllib.request

    from stages.dataset.sources.bounded import bounded

    def connecting(kind: Any) -> Any:
        return lambda host, **options: bounded(kind(host, **options), limits)

    class Redirects(urllib.request.HTTPRedirectHandler):
        def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
            fp.close()  # or else urllib reads all of an answer that may have no end
            parts = urlsplit(urljoin(req.full_url, headers.get("Location") or ""))
            if parts.scheme not in ("http", "https") or (parts.scheme, req.type) == SAFE_TO_OPEN:
                host = parts.netloc.rpartition("@")[2]  # and no more: a path may be secret
                place = f"{parts.scheme}://{host}"
                raise PermanentError(f"answered HTTP {code}: it redirects to {place:.200}")
            return super().http_error_302(req, fp, code, msg, headers)

        http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

        def redirect_request(self, req: Any, *answer: Any) -> Any:
            new = super().redirect_request(req, *answer)
            own = req.unredirected_hdrs.get("Authorization")
            if new is not None and own and (new.type, new.host) == (req.type, req.host):
                new.add_unredirected_header("Authorization", own)  # the same host asks again
            return new

    class Http(urllib.request.HTTPHandler):
        def http_open(self, req: Any) -> Any:
            return self.do_open(connecting(http.client.HTTPConnection), req)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, req: Any) -> Any:
            kind = connecting(http.client.HTTPSConnection)
            return self.do_open(kind, req, context=vars(self)["_context"])

    return urllib.request.build_opener(Redirects, Http, Https)


def words(error: Any) -> str:
    """An error in a few words."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__).splitlines()[0]


def _seconds(retry_after: str | None) -> float | None:
    """The seconds in a Retry-After header (RFC 9110, section 10.2.3); None where it has none."""
    if not retry_after:
        return None
    if re.fullmatch(r"[0-9]{1,18}", retry_after.strip()):
        return float(retry_after)
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
