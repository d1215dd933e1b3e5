"""The tables of the accounts: users, and what lets them in.

A database apart from those of projects. A project's file is backed up, restored and
sent around, and the start page needs users before any project is open.
"""

from typing import Final

import sqlalchemy as sa

from feltline.store.columns import SafeText, Utc, columns
from feltline.store.tables import NAMING
from feltline.store.upgrade import Schema

ACCOUNTS: Final = Schema(
    metadata=sa.MetaData(naming_convention=NAMING),
    migrations="accounts_migrations",
    version_table="feltline_accounts_schema",
)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, ACCOUNTS.metadata, *parts)


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, SafeText, primary_key=True) for name in names]


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.user_id"])


users: Final = _table(
    "users",
    *_key("user_id"),
    *columns(SafeText, "name", "sign_in_name"),
    *columns(SafeText, "password_hash", "language", null=True),
    *columns(sa.Boolean, "is_admin", "is_disabled"),
    *columns(Utc, "created_at"),
    sa.UniqueConstraint("sign_in_name"),
)

memberships: Final = _table(
    "memberships",
    *_key("project_id", "user_id"),
    *columns(SafeText, "role", "rater_id"),
    *columns(Utc, "added_at"),
    _of_user(),
    sa.UniqueConstraint("project_id", "rater_id"),
    sa.Index(None, "user_id"),
)
"""Users of projects, by the id of `feltline.toml`; `rater_id` stands in the log."""

sign_in_sessions: Final = _table(
    "sign_in_sessions",
    *_key("session_hash"),
    *columns(SafeText, "user_id"),
    *columns(Utc, "created_at", "used_at", "expires_at"),
    *columns(Utc, "revoked_at", null=True),
    *columns(SafeText, "network", "browser", null=True),
    _of_user(),
    sa.Index(None, "user_id"),
)
"""By the hash of what a browser holds; from where it began, as far as it was said."""

api_tokens: Final = _table(
    "api_tokens",
    *_key("token_id"),
    *columns(SafeText, "token_hash", "user_id", "name"),
    *columns(sa.JSON, "scopes"),
    *columns(SafeText, "project_id", null=True),
    *columns(Utc, "created_at", "expires_at"),
    *columns(Utc, "revoked_at", "used_at", null=True),
    _of_user(),
    sa.UniqueConstraint("token_hash"),
    sa.Index(None, "user_id"),
)
"""Tokens of scripts; without a `project_id` good for all projects of their user."""

sign_in_failures: Final = _table(
    "sign_in_failures",
    sa.Column("failure_id", sa.Integer, primary_key=True),
    *columns(Utc, "at"),
    *columns(SafeText, "sign_in_name_hash", "caller"),
    sa.Index(None, "at"),
)
"""Wrong passwords of the last minutes, so that two servers count the same."""
