"""The tables as they were first released: where later steps begin.

New databases are made from `feltline.store.schema` at once and never run this step.
"""

revision = "0002"
down_revision = None
