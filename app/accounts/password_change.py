"""How a user changes their own password, signed in or, when it must be reset, before that."""

from app.accounts import passwords
from app.accounts.budgets import Budget, budgets_of, forget_failures, require_budgets
from app.accounts.changes import change
from app.accounts.endings import end_all
from app.accounts.errors import InvalidCredentials
from app.accounts.login import Credentials, Known, judge, prove, recheck
from app.accounts.models import Account, User
from app.accounts.sign_ins import who_signs
from app.accounts.standing import admit
from app.accounts.tokens import Claims
from app.accounts.users import known_words
from app.core.db import Database
from app.core.keys import KeyRing
from app.core.principal import Principal


async def change_password(database: Database, keys: KeyRing, claims: Claims, current: str, new: str) -> None:
    """Put a new password in the place of the current one, and end the user's other sign-ins.

    Wrong guesses at the current one count for this sign-in alone. Passwords are compared and hashed between
    two transactions, never inside one.
    """
    who, user, words, budgets = await _prove(database, keys, claims, current)
    passwords.require_acceptable(new, *words)
    kept = await passwords.hash_password(new)
    async with database.writing(claims.account_id, is_urgent=True) as session:
        await admit(session, keys, claims)
        fresh = await session.get_one(User, (claims.account_id, claims.user_id))
        if fresh.password_hash != user.password_hash:
            raise InvalidCredentials
        await change(session, who, fresh, {"password_hash": kept})
        await forget_failures(session, budgets)
        await end_all(session, who, "password_changed", claims.user_id, but=claims.sign_in_id)


async def _prove(
    database: Database, keys: KeyRing, claims: Claims, current: str
) -> tuple[Principal, User, list[str], tuple[Budget, ...]]:
    """Return whose password this is, what is known of them, and what wrong ones are counted against."""
    async with database.reading(claims.account_id, is_urgent=True) as session:
        who = (await admit(session, keys, claims)).who
        user = await session.get_one(User, (claims.account_id, claims.user_id))
        account = await session.get_one(Account, claims.account_id)
        own = f"sign-in:{claims.sign_in_id}"
        budgets = budgets_of(keys, who.account_name, user.initials_key, own)
        await require_budgets(session, budgets)
    known = Known(
        who=who,
        account_id=claims.account_id,
        user_id=claims.user_id,
        password_hash=user.password_hash,
        budgets=budgets,
        is_own=True,
        network=None,
    )
    await judge(database, keys, known, current)
    return who, user, known_words(user, account.account_name, account.company_name), budgets


async def reset_password(
    database: Database, keys: KeyRing, credentials: Credentials, new: str, address: str
) -> None:
    """Put a new password in the place of one that its user knows and may have to reset; ends all sign-ins.

    Who knows the three words need not be signed in, and hears of nothing else but what is wrong with the new
    password. Wrong guesses count like those at signing in.
    """
    known = await prove(database, keys, credentials, None, address)
    async with database.reading(known.account_id, is_urgent=True) as session:
        account, user = await recheck(session, known)
    passwords.require_acceptable(new, *known_words(user, account.account_name, account.company_name))
    passwords.require_other(new, credentials.password)
    kept = await passwords.hash_password(new)
    async with database.writing(known.account_id, is_urgent=True) as session:
        account, user = await recheck(session, known)
        who = who_signs(account, user)
        await change(session, who, user, {"password_hash": kept, "must_reset": False})
        await forget_failures(session, known.budgets)
        await end_all(session, who, "password_reset", user.user_id)
