"""Sentences that a request of the page may be answered with, as the code has them.

Every text of several words in the modules that the server reaches counts, whatever is
done with it: a sentence may be put together far from where it is raised. What a page
never shows is named here, with the reason.
"""

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src/feltline"

OUT_OF_REACH = {
    "cli": "the command line speaks English",
    "lab": "training and demonstrations, by the command line",
    "render": "overlays and figures, by the command line",
    "messages": "the catalogue itself",
    "encoder": "encoders of one's own are set up on the command line",
    "agreement": "arrays that do not fit together",
    "__init__.py": "names of the Python package",
    "fewshot/gp/blocks.py": "arrays that do not fit together: a fault of feltline",
    "fewshot/gp/features.py": "arrays that do not fit together",
    "fewshot/active/reasons.py": "the page has its own words for reasons",
    "fewshot/active/track_queue.py": "arrays that do not fit together",
    "fewshot/labels.py": "arrays that do not fit together",
    "fewshot/model.py": "arrays that do not fit together",
    "pipeline/agreeing.py": "feltline agree, by the command line",
    "pipeline/label_videos.py": "labelling without a project, by the command line",
    "pipeline/labelling.py": "labelling without a project, by the command line",
    "project/feature_arrays.py": "arrays that do not fit together",
    "project/orphan_folders.py": "feltline status --check",
    "project/rebuild.py": "rebuilding former models, by the command line",
    "server/metrics.py": "read by programs",
    "settings.py": "help of settings, by the command line",
    "store/migrations": "taking tables back, by hand",
    "store/records.py": "records that feltline made itself",
    "store/validate.py": "feltline status --check",
    "types/checks.py": "arrays that do not fit together",
    "types/observations.py": "arrays that do not fit together",
    "types/traces.py": "arrays that do not fit together",
    "types/tracks.py": "arrays that do not fit together",
}

NO_SENTENCES = (
    # Of code: types, headers, queries, and defaults.
    r"^(\w+\[|<)",
    r"^\\\(os error",
    r"^\n?input_stream",
    r"^(default-src|text/csv|attachment; filename)",
    r"^sqlite:///PATH or postgresql",
    r"^{} mediapipe-full-range",
    r"^(system volume information|network trash folder|temporary items)$",
    r"^(as by default|labelled videos|a file that SQLite does not read)$",
    r"^(file name|video name|video file|(frame|face) n\w+\.?)$",
    r"^(facial expression)$",
    r"^Judgements of projects, their predictions",
    r"^(GET|POST|PUT|PATCH|DELETE) /",
    r"^The key of the project\.$",
    # For a log.
    r"%[sd]",
    # What only a program can bring about that was made wrongly.
    r"^mt-clar needs pair heads",
    r"^each track needs its embeddings",
    r"^a label stands on no track",
    r"^a frame of {} must be uint8",
    r"^the prediction of track {} of {} (in|is of) run {}",
    r"^track {} of {}($| was given with| reaches to frame)",
    r"^two tracks of {} have the same number",
    r"^{} is no route that can be authorised",
    r"^{} {} has no permission; enter one in server",
    r"^{} does not depend on {}, so nobody is authorised there",
    r"^an assignment (of frames {}-{} cannot show|needs the id of its rater)",
    # The end of a list of names.
    r"^ and {} more( videos)?$",
)
"""Texts that are no sentence, or that a page never shows."""

AROUND = {
    "store/db_errors.py": "{} %s",
    "pipeline/folders.py": "{} %s ({})",
}
"""What is put around some texts of a module before anybody reads them."""


def is_out_of_reach(name):
    return any(name == one or name.startswith(f"{one}/") for one in OUT_OF_REACH)


def modules():
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not is_out_of_reach(name):
            yield name, path.read_text(encoding="utf-8")


def sentences():
    """All of them: module, line, and the text with `{}` for what is filled in."""
    return [
        (name, line, text)
        for name, source in modules()
        for line, text in sentences_of(source)
        if not any(re.search(pattern, text) for pattern in NO_SENTENCES)
    ]


def forms_of(name, text):
    """A text as it may stand in a sentence."""
    around = [AROUND[name] % text] if name in AROUND else []
    return {text, text.strip(), *map(merged, around)}


def sentences_of(source):
    tree = ast.parse(source)
    constants = dict(constants_of(tree))
    passed = set(passed_over(tree))
    found = []

    def see(node):
        if node in passed:
            return
        text = text_of(node, constants)
        if text is None:
            for child in ast.iter_child_nodes(node):
                see(child)
            return
        if is_of_words(text):
            found.append((node.lineno, merged(text)))
        for child in ast.walk(node):
            if isinstance(child, ast.FormattedValue):
                see(child.value)

    see(tree)
    return found


def constants_of(tree):
    """Texts that are named in a module."""
    for node in tree.body:
        target = getattr(node, "target", None) or (getattr(node, "targets", [None])[0])
        value = getattr(node, "value", None)
        text = value.value if isinstance(value, ast.Constant) else None
        if isinstance(target, ast.Name) and isinstance(text, str):
            yield target.id, text


def passed_over(tree):
    """Docstrings, what is logged, and assertions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        logged = isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
            ("logger.", "logging.", "_log.")
        )
        if logged or isinstance(node, ast.Assert):
            yield from ast.walk(node)


def text_of(node, constants):
    """The text of an expression, with `{}` for each part that is filled in."""
    if isinstance(node, ast.Constant):
        return braced(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part_of(part, constants) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [text_of(side, constants) for side in (node.left, node.right)]
        if any(side is not None for side in sides):
            return "".join("{}" if side is None else side for side in sides)
    return None


def part_of(part, constants):
    if isinstance(part, ast.Constant):
        return part.value
    value = part.value
    if isinstance(value, ast.Name) and value.id in constants:
        return braced(constants[value.id])
    return "{}"


def braced(text):
    """A text for `format`, with its places as nameless as those of an f-string."""
    return re.sub(r"\{\w+\}", "{}", text)


def merged(text):
    """Places next to each other are one."""
    return re.sub(r"\{\w*\}(\{\w*\})+", "{}", re.sub(r"\{\w+\}", "{}", text))


def is_of_words(text):
    """Whether people read it: two words at least, beside what is filled in."""
    plain = text.replace("{}", "")
    words = re.findall(r"(?<![\w.-])[a-z]{2,}(?![\w-])", plain)
    return len(words) >= 2 and " " in text.strip()
