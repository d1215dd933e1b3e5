"""Write the review page's TypeScript types, from the server's OpenAPI document.

Run by `npm --prefix web run types`, which needs the packages of `npm --prefix web ci`.
The types name the document they were made from, and so does every bundle of the page;
the server keeps the same name, so that it sees when a bundle is another interface's.
"""

import hashlib
import json
import subprocess
from pathlib import Path

from feltline.server.app import create_api

WEB = Path(__file__).parents[1] / "web"
TYPES = WEB / "src/api/schema.ts"
DIGEST = WEB.parent / "src/feltline/server/api_digest.txt"


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


def digest(text: str) -> str:
    """The name of a document."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def first_line(text: str) -> str:
    """The line at the head of the types that were made from a document."""
    return f"// Made by `npm run types` from the OpenAPI document {digest(text)}.\n"


def main() -> None:
    """Write the types, and the name of their document."""
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
    DIGEST.write_text(digest(text) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
