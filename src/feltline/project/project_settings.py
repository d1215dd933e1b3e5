"""Settings of a project: `feltline.toml`, for people to read and change."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.project.extraction_cache import ExtractOptions
from feltline.settings import (
    CONSENSUS,
    COVERAGE,
    ENCODER,
    MAX_FACES,
    THRESHOLD,
    TOLERANCE,
    ConsensusPolicy,
)
from feltline.video import parse_every

__all__ = [
    "SETTINGS_FILE",
    "AuditSettings",
    "ProjectSettings",
    "check_settings",
    "read_settings",
    "toml_of",
    "write_settings",
]

SETTINGS_FILE: Final = "feltline.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """When accepted labels are audited, and what audits must show.

    Attributes:
        every_judgements: An audit is due after so many labels; 0 = not by labels.
        every_days: An audit is due after so many days; 0 = not by days.
        bound: Error rate of accepted labels that is agreed to.
        confidence: With which the bound must hold.
        blocks_export: Whether an overdue audit blocks the export of machine values.
        repeat_share: Share of the answers to shown values that is asked again, blind.
    """

    every_judgements: int = 0
    every_days: float = 0.0
    bound: float = 0.1
    confidence: float = 0.95
    blocks_export: bool = False
    repeat_share: float = 0.05

    @property
    def is_scheduled(self) -> bool:
        """Whether audits are due by a schedule."""
        return bool(self.every_judgements or self.every_days)

    @property
    def risk(self) -> float:
        """Probability with which the bound may fail."""
        return round(1 - self.confidence, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """What `feltline.toml` says.

    Attributes:
        project_id: Names the project within its database.
        name: For people.
        rater: Who labels here if nobody else is named.
        database: A `postgresql://` URL, or empty for SQLite in the folder.
        encoder: What turns faces into numbers.
        every: Which frames are looked at: each n-th, or a rate.
        faces: How many faces are followed at once.
        tolerance: The error that confidence speaks of, above 0.
        coverage: Share of intervals meant to hold the label, in (0, 1).
        threshold: Confidence that accepts, until one is set in the project.
        consensus: How one value is made of several raters'.
        audit: When accepted labels are audited, and what audits must show.
    """

    project_id: str
    name: str
    rater: str = "r1"
    database: str = ""
    encoder: str = ENCODER
    every: str = "1"
    faces: int = MAX_FACES
    tolerance: float = TOLERANCE
    coverage: float = COVERAGE
    threshold: float = THRESHOLD
    consensus: ConsensusPolicy = CONSENSUS
    audit: AuditSettings = AuditSettings()

    @property
    def extraction(self) -> ExtractOptions:
        """What to look at in each video.

        Raises:
            InputError: `every` is neither a number nor a rate.
        """
        return ExtractOptions(
            every=parse_every(self.every), max_faces=self.faces, encoder=self.encoder
        )


_TABLES: Final = {
    "project": ("project_id", "name", "rater", "database"),
    "faces": ("encoder", "every", "faces"),
    "labels": ("tolerance", "coverage", "threshold", "consensus"),
}
_AUDIT: Final = "audit"
_AUDIT_WITHIN: Final[Mapping[str, tuple[float, float]]] = {
    "every_judgements": (0, 1_000_000),
    "every_days": (0, 3650),
    "bound": (0.01, 0.9),
    "confidence": (0.5, 0.999),
    "repeat_share": (0, 1),
}
_WITHIN: Final = {
    "tolerance": (0.01, 2.0),
    "coverage": (0.01, 0.99),
    "threshold": (0.0, 1.0),
    "faces": (1, 64),
}


def toml_of(settings: ProjectSettings) -> str:
    """The settings as TOML; its basic strings are spelled as JSON's are."""
    lines = []
    tables: dict[str, Mapping[str, object]] = {
        table: {name: getattr(settings, name) for name in names}
        for table, names in _TABLES.items()
    }
    for table, values in (tables | {_AUDIT: asdict(settings.audit)}).items():
        lines.append(f"[{table}]")
        for name, value in values.items():
            spelled = json.dumps(value, ensure_ascii=False)
            lines.append(f"{name} = {spelled}".replace("\x7f", "\\u007f"))
        lines.append("")
    return "\n".join(lines)


def write_settings(folder: Path, settings: ProjectSettings) -> None:
    """Write settings down, whole or not at all.

    Raises:
        InputError: One is out of range.
    """
    file = folder / SETTINGS_FILE
    check_settings(file, asdict(settings))
    with replacing(file) as scratch:
        scratch.write_text(toml_of(settings), encoding="utf-8")


def read_settings(folder: Path) -> ProjectSettings:
    """What the settings of the project in a folder say; nothing is opened.

    Raises:
        InputError: There is no project, or its settings cannot be used.
    """
    file = folder / SETTINGS_FILE
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"there is no project in {file.parent}: {file.name} is missing; make one "
            f"with feltline init {file.parent}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:  # or a number of no end
        raise InputError(f"{file} cannot be read ({error}); mend it") from error
    known = {name for names in _TABLES.values() for name in names}
    given: dict[str, Any] = {}
    audit = said.pop(_AUDIT, {})
    for table, values in said.items():
        if table not in _TABLES or not isinstance(values, Mapping):
            raise InputError(
                f"{file} has a part [{table}] that feltline does not know; it knows "
                f"{', '.join(f'[{t}]' for t in (*_TABLES, _AUDIT))}"
            )
        given |= values
    if unknown := sorted(set(given) - known):
        raise InputError(
            f"{file} has a setting {unknown[0]} that feltline does not know; it knows "
            f"{', '.join(sorted(known))}"
        )
    if missing := sorted({"project_id", "name"} - set(given)):
        raise InputError(f"{file} lacks {missing[0]}; it stands in [project]")
    check_settings(file, given | {_AUDIT: audit})
    floats = {name: float(given[name]) for name in _WITHIN if name in given}
    whole = {"faces": given.get("faces", MAX_FACES), _AUDIT: AuditSettings(**audit)}
    return ProjectSettings(**given | floats | whole)


def check_settings(file: Path, given: Mapping[str, Any]) -> None:
    """Raise unless every setting given has the type and range documented.

    Raises:
        InputError: One has not.
    """
    for name in ("project_id", "name", "rater", "database", "encoder", "every"):
        value = given.get(name, "as by default")
        if not isinstance(value, str):
            raise InputError(f"{name} in {file} must be text, not {value!r}")
        if not value and name != "database":
            raise InputError(f"{name} in {file} is empty; give one")
    for name, (low, high) in _WITHIN.items():
        value = given.get(name, high)
        whole = name != "faces" or isinstance(value, int)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and whole and low <= value <= high):
            raise InputError(
                f"{name} in {file} must be a number from {low:g} to {high:g}, not "
                f"{value!r}"
            )
    policy, known = given.get("consensus", CONSENSUS), get_args(ConsensusPolicy)
    if policy not in known:
        raise InputError(
            f"consensus in {file} must be one of {', '.join(known)}, not {policy!r}"
        )
    parse_every(given.get("every", "1"))  # raises where it means nothing
    _check_audit(file, given.get(_AUDIT, {}))


def _check_audit(file: Path, given: object) -> None:
    known = asdict(AuditSettings())
    if not isinstance(given, Mapping):
        raise InputError(f"audit in {file} must be a part [audit], not {given!r}")
    if unknown := sorted(set(given) - set(known)):
        raise InputError(
            f"{file} has a setting {unknown[0]} that feltline does not know; it knows "
            f"{', '.join(known)}"
        )
    for name, (low, high) in _AUDIT_WITHIN.items():
        value = given.get(name, known[name])
        whole = name != "every_judgements" or isinstance(value, int)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and whole and low <= value <= high):
            raise InputError(
                f"{name} in {file} must be a number from {low:g} to {high:g}, not "
                f"{value!r}"
            )
    blocks = given.get("blocks_export", False)
    if not isinstance(blocks, bool):
        raise InputError(
            f"blocks_export in {file} must be true or false, not {blocks!r}"
        )
