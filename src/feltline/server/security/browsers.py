"""Names of browsers, so that people know their own sessions again."""

from typing import Final

__all__ = ["browser_of"]

# In this order: most name others, too.
_PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str | None:
    """Program and system, such as `Firefox, Windows`; None where neither is known.

    Nothing else of what a browser says of itself is kept.
    """
    found = [
        next((name for sign, name in known if sign in user_agent), None)
        for known in (_PROGRAMS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name is not None) or None
