"""Authentication, and what every answer carries.

A browser comes in by a link that works once, and then holds a signed cookie. A script
sends a token: that in `.feltline/api-token` of a project lets into this project, that
in the user's own folder into all. Pages of other sites get nothing: requests
must name this machine as their host (against DNS rebinding), come from the server's
own pages (Origin, Sec-Fetch-Site), and changes must carry a token that only such a
page can read (CSRF).

Several people have accounts (`People`): they sign in by a form, or send API tokens of
their own. At a public address (`PublicAddress`) they alone come in.
"""

from feltline.server.security.credentials import Credentials
from feltline.server.security.middleware import add_security
from feltline.server.security.people import People
from feltline.server.security.public_address import PublicAddress

__all__ = ["Credentials", "People", "PublicAddress", "add_security"]
