"""How a user changes their own password."""

from app.accounts import passwords, store
from app.accounts.budgets import caller_of, count_failure, require_budget
from app.accounts.changes import change
from app.accounts.errors import InvalidCredentials
from app.accounts.models import User
from app.accounts.standing import admit
from app.accounts.tokens import Claims
from app.core.db import Database
from app.core.keys import KeyRing


async def change_password(database: Database, keys: KeyRing, claims: Claims, current: str, new: str) -> None:
    """Put a new password in the place of the current one, and end the user's other sign-ins.

    Wrong guesses at the current one count like those at signing in. Passwords are compared and hashed between
    two transactions, never inside one.
    """
    async with database.reading(claims.account_id, is_urgent=True) as session:
        who = (await admit(session, keys, claims)).who
        user = await session.get_one(User, (claims.account_id, claims.user_id))
        budget = caller_of(user.initials_key, None)
        await require_budget(session, budget)
    if not await passwords.verify(current, user.password_hash):
        await count_failure(database, claims.account_id, budget)
        raise InvalidCredentials
    passwords.require_acceptable(new, who.account_name, user.initials, user.last_name)
    kept = await passwords.hash_password(new)
    async with database.writing(claims.account_id, is_urgent=True) as session:
        await admit(session, keys, claims)
        fresh = await session.get_one(User, (claims.account_id, claims.user_id))
        if fresh.password_hash != user.password_hash:
            raise InvalidCredentials
        await change(session, who, fresh, {"password_hash": kept})
        await store.clear_budget(session, budget)
        await store.revoke_sign_ins(
            session, "password_changed", user_id=claims.user_id, but=claims.sign_in_id
        )
