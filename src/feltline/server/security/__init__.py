"""Who may speak to the server, and what every answer carries.

A browser comes in by a link that works once, and then holds a signed cookie. A script
sends the token in `.feltline/api-token`. Pages of other sites get nothing: requests
must name a host that is served (against DNS rebinding), come from the server's own
pages (Origin, Sec-Fetch-Site), and changes must carry a word that only such a page can
read (CSRF).
"""

from feltline.server.security.credentials import Gate
from feltline.server.security.middleware import Guard, guarded

__all__ = ["Gate", "Guard", "guarded"]
