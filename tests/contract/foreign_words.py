"""The words and times by which a module relies on parts that are not ours, read from its source.

Found are, with the file that holds them:

* each key by which a document is read: `item["status"]`, `.get("phase")`, `.status("phase")`;
* each text that something is compared with, and each that kubectl is told;
* each name of a label, annotation or kind: `cnpg.io/cluster`, `clusters.postgresql.cnpg.io`;
* each end that is put to a name: `f"{cluster}-rw"`;
* each constant of a module that is a text, some texts or a time: short texts by their value, others
  and times as `NAME` and `NAME = 60`.

Not found is what a module writes into an object or a configuration: the API judges that itself
(`test_manifest_admission.py`). In the folders that speak to PostgreSQL, the archive and the machine
only names of Kubernetes and texts of kubectl are looked for: the rest is held by their own tests.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_LABEL = re.compile(
    r"^(?:[a-z0-9-]+\.)+[a-z]+/[\w.-]+(?:=.*)?$|^[a-z]+(?:\.[a-z0-9-]+)*\.(?:io|com)$"
)
_END = re.compile(r"^-[a-z0-9-]+$")
_CONSTANT = re.compile(r"^_?[A-Z][A-Z0-9_]*$")
_TIME = re.compile(r"SECONDS|MINUTES|HOURS|_WEEK|EVERY|AFTER")
_READS = {"get", "status", "condition", "annotation", "has_condition"}
_KUBECTL = re.compile(r"kubectl|_probing")
_LONGEST = 70
SPEAK_KUBERNETES = (
    "apply",
    "certificates",
    "evidence",
    "kubernetes",
    "major",
    "setup",
    "verbs",
    "verification",
    "writer",
)
"""The folders of `host/` in which every word is looked for."""
OF_KUBERNETES = re.compile(
    r"cnpg\.io|k8s\.io|kubernetes\.io|kubectl|Error from server|^-rw$|^/var/lib/postgresql"
)


def foreign_words(folder: Path) -> set[tuple[str, str]]:
    """Every word of the modules below `folder`, each with its file."""
    return {
        (word, str(path))
        for path in sorted(folder.rglob("*.py"))
        for word in words(path.read_text(encoding="utf-8"))
        if path.relative_to(folder).parts[0] in SPEAK_KUBERNETES or OF_KUBERNETES.search(word)
    }


def words(source: str) -> set[str]:
    """Those of one module."""
    tree = ast.parse(source)
    found = {word for node in ast.walk(tree) for word in _of(node)}
    found |= set(_of_unpacked(tree))
    for node in tree.body:
        found |= set(_of_constant(node))
    return {word for word in found if word}


def _of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            yield key
        case ast.Call():
            yield from _of_call(node)
        case ast.Compare():
            for side in (node.left, *node.comparators):
                yield from _texts(side)
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(end))]) if _END.match(end):
            yield end
        case ast.Constant(value=str(text)) if _LABEL.match(text.removeprefix(",")):
            yield text.removeprefix(",")


def _of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    if _is_told_kubectl(call):
        for argument in call.args:
            yield from _texts(argument)
    elif name in _READS:
        for argument in call.args[-1:] if name == "has_condition" else call.args[:1]:
            yield from _texts(argument)


def _is_told_kubectl(call: ast.Call) -> bool:
    on = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return bool(_KUBECTL.search(ast.unparse(on)))


def _of_unpacked(tree: ast.Module) -> Iterator[str]:
    """What kubectl is told by a name: `where = ("logs", "-n"); kubectl.run(*where)`."""
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _is_told_kubectl(node)]
    stars = [each for call in calls for each in call.args if isinstance(each, ast.Starred)]
    unpacked = {ast.unparse(star.value) for star in stars}
    for node in nodes:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in unpacked:
            yield from _texts(node.value)


def _of_constant(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _CONSTANT.match(name):
            yield from _value(name, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _CONSTANT.match(
            name
        ):
            yield from _value(name, value)


def _value(name: str, value: ast.expr) -> Iterator[str]:
    texts = list(_texts(value))
    if _TIME.search(name):
        yield f"{name} = {ast.unparse(value)}"
    elif texts and all(len(text) <= _LONGEST and "\n" not in text for text in texts):
        yield from texts
    elif texts or isinstance(value, ast.Call | ast.JoinedStr | ast.Dict):
        yield name


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            for part in parts:
                yield from _texts(part)
        case ast.Starred(value=inner):
            yield from _texts(inner)
