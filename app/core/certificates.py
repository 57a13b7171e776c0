"""Until when certificates are good that others show us: whoever checks them says only that they are not."""

import asyncio
import ssl
from contextlib import suppress
from datetime import datetime

from cryptography import x509

_PATIENCE = 5.0


def end_of(secured: ssl.SSLObject | None) -> datetime | None:
    """Return when the certificate ends that the other side of a connection has shown; none without TLS."""
    shown = secured.getpeercert(binary_form=True) if secured else None
    return x509.load_der_x509_certificate(shown).not_valid_after_utc if shown else None


async def end_at(host: str, port: int) -> datetime | None:
    """Return when the certificate ends that a server shows, one that is over too; raises `OSError`."""
    trusting = ssl.create_default_context()
    # Nothing is asked and nothing sent: what is wrong with the certificate is what is to be found out.
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(_PATIENCE):
        _, writer = await asyncio.open_connection(host, port, ssl=trusting, server_hostname=host)
    try:
        return end_of(writer.get_extra_info("ssl_object"))
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
