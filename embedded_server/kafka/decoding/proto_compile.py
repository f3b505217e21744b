"""Protobuf's own compiler, as a child process: from the text of a ``.proto`` file to what it describes, or the line of its mistake.

It sees one temporary folder and nothing else: what a file imports is either given, or one of Protobuf's own types. A file may also be
given described already, as a ``FileDescriptorProto`` in Base64: some clients register their schemas so, and some registries keep them so.
"""

import base64
import binascii
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from embedded_server.kafka.decoding.problems import SchemaCompilerFailed, SchemaInvalid, SchemaNameInvalid, SchemaTooLarge, SchemaUnresolved

MOST_BYTES: Final = 1024**2
MOST_FILES: Final = 200
LIMIT_S: Final = 20.0
MAIN: Final = "schema.proto"
"""What the text itself is called there, unless its name is that of a .proto file."""
_FAULT: Final = re.compile(r"^(?P<file>[^:\n]+\.proto):(?:(?P<line>\d+):(?P<column>\d+))?:? *(?P<reason>.+)$", re.MULTILINE)
_CHATTER: Final = re.compile(r"^(WARNING: All log|[IWE]\d{4} ).*\n?", re.MULTILINE)
"""What the compiler's own log says of itself."""
_MISSING: Final = re.compile(r"^(?P<file>.+?): File not found\.$", re.MULTILINE)
_NAME: Final = re.compile(r"[\w\-./+ ]{1,200}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
"""No text of a .proto file that says anything is like this: it has spaces, braces or semicolons."""


def compile_proto_blocking(text: str, *, name: str = MAIN, imports: Mapping[str, str] | None = None) -> tuple[FileDescriptorSet, str]:
    """Answer the file with all that it imports, and its name in there.

    Raises `SchemaInvalid` with line and column, `SchemaUnresolved`, `SchemaTooLarge`, `SchemaNameInvalid` and `SchemaCompilerFailed`.
    """
    main = _main_name(name, imports or {})
    files = {**(imports or {}), main: text}
    if len(files) > MOST_FILES or sum(len(one) for one in files.values()) > MOST_BYTES:
        raise SchemaTooLarge(most=MOST_BYTES // 1024)
    with tempfile.TemporaryDirectory(prefix="switchroom-proto-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        _lay_out(root, files)
        said = _run(root, main)
        made = root / "out"
        if not made.exists():
            raise _fault(said, main, name)
        found = FileDescriptorSet()
        found.ParseFromString(made.read_bytes())
        return found, main


def checked_path(path: str) -> str:
    """Answer the path of an import. Raises `SchemaNameInvalid` for one that leads out of the folder."""
    parts = PurePosixPath(path)
    if not _NAME.fullmatch(path) or parts.is_absolute() or ".." in parts.parts or parts.name in {"", "."} or str(parts) != path:
        raise SchemaNameInvalid(name=path[:100])
    return path


def _main_name(name: str, imports: Mapping[str, str]) -> str:
    own = PurePosixPath(name).name
    if own.endswith(".proto") and _NAME.fullmatch(own) and own not in imports:
        return own
    return next(one for one in (MAIN, *(f"schema{number}.proto" for number in range(MOST_FILES + 2))) if one not in imports)


def _lay_out(root: Path, files: Mapping[str, str]) -> None:
    (root / "in").mkdir()
    ready = FileDescriptorSet()
    for path, content in files.items():
        target = root / "in" / checked_path(path)
        described = _described(content, path)
        if described is not None:
            ready.file.append(described)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode("utf-8", "replace"))
    (root / "described").write_bytes(ready.SerializeToString())


def _described(content: str, path: str) -> FileDescriptorProto | None:
    if not _BASE64.fullmatch(content):
        return None
    try:
        found = FileDescriptorProto.FromString(base64.b64decode(content, validate=True))
    except (binascii.Error, DecodeError):
        return None
    found.name = path  # which others import it by
    return found


def _run(root: Path, main: str) -> str:
    own_types = Path(_grpc_tools()) / "_proto"
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc"),
        *(f"--proto_path={root / 'in'}", f"--proto_path={own_types}"),
        *(f"--descriptor_set_in={root / 'described'}", f"--descriptor_set_out={root / 'out'}", "--include_imports", main),
    ]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LIMIT_S, creationflags=flags
        )
    except subprocess.TimeoutExpired as exc:
        raise SchemaCompilerFailed(reason=f"no answer within {LIMIT_S:g} s") from exc
    except OSError as exc:
        raise SchemaCompilerFailed(reason=str(exc)) from exc
    said = done.stderr.decode("utf-8", "replace").replace(f"{root / 'in'}{os.sep}", "")
    return _CHATTER.sub("", said)


def _grpc_tools() -> str:
    import importlib.util

    found = importlib.util.find_spec("grpc_tools")
    if found is None or not found.submodule_search_locations:
        raise SchemaCompilerFailed(reason="it is not installed")
    return str(found.submodule_search_locations[0])


def _fault(said: str, main: str, name: str) -> SchemaInvalid | SchemaUnresolved | SchemaCompilerFailed:
    missing = _MISSING.search(said)
    if missing is not None:
        return SchemaUnresolved(name=name, reference=missing["file"])
    for found in _FAULT.finditer(said):
        if "warning:" not in found["reason"]:
            where = name if found["file"] == main else found["file"]
            return SchemaInvalid(name=where, line=int(found["line"] or 1), column=int(found["column"] or 1), reason=found["reason"][:500])
    return SchemaCompilerFailed(reason=said.strip()[:300] or "it gave no reason")
