"""Write the review page's TypeScript types, from the server's OpenAPI document.

Run by `npm --prefix web run types`, which needs the packages of `npm --prefix web ci`.
The file names the document it was made from, so that a test sees when it is stale.
"""

import hashlib
import json
import subprocess
from pathlib import Path

from feltline.server.app import create_api

WEB = Path(__file__).parents[1] / "web"
TYPES = WEB / "src/api/schema.ts"


def document() -> str:
    """The OpenAPI document as JSON, without what the page's types do not depend on.

    That is the version of feltline, and refusals: they are all an `ErrorBody`.
    """
    described = create_api().openapi()
    described["info"]["version"] = ""
    for operations in described["paths"].values():
        for operation in operations.values():
            answers = operation["responses"].items()
            operation["responses"] = {k: v for k, v in answers if k < "400"}
    return json.dumps(described, sort_keys=True, indent=1)


def first_line(text: str) -> str:
    """The line at the head of the types that were made from a document."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"// Made by `npm run types` from the OpenAPI document {digest[:32]}.\n"


def main() -> None:
    """Write the types."""
    text = document()
    made = subprocess.run(
        [
            WEB / "node_modules/.bin/openapi-typescript",
            "--root-types",
            "--root-types-no-schema-prefix",
            "--root-types-keep-casing",
            "--default-non-nullable=false",
        ],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    TYPES.write_text(first_line(text) + made.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
