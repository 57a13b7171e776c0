"""Sealing: secrets of webhooks are kept as nobody reads them, and sealed anew under newer keys."""

from uuid import UUID

from app.core.db import WriteSession
from app.core.vault import SealBroken, Vault
from app.webhooks import endpoints


def sealed_as(endpoint_id: UUID) -> str:
    """Name the purpose for which the secrets of a webhook are sealed."""
    return f"webhook {endpoint_id}"


async def seal_anew(session: WriteSession, vault: Vault) -> None:
    """Seal all secrets of an account by the vault's newest key; one that opens no more stays as it is."""
    for each in await endpoints.page(session):
        secrets = {"secret": each.secret, "former_secret": each.former_secret}
        for name, sealed in secrets.items():
            if sealed is None or vault.is_newest(sealed):
                continue
            purpose = sealed_as(each.endpoint_id)
            try:
                told = vault.open(session.account_id, purpose, sealed)
            except SealBroken:
                continue
            setattr(each, name, vault.seal(session.account_id, purpose, told))
            session.add(each)
    await session.flush()
