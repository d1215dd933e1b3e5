"""The tables of the accounts as they were first: where later steps begin.

New databases are made from `feltline.store.accounts_schema` at once and never run this
step.
"""

revision = "0001"
down_revision = None
