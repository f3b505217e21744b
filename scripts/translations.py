"""Gather every translatable string, and prove that each language has all of them.

``update`` extracts into the catalogues and compiles them; ``check`` fails where a string is missing, untranslated, fuzzy, loses a
``{field}``, or where a compiled catalogue is not current.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ["zh_TW"]
KEYWORDS = {"tr": None, "trn": (1, 2), "N_": None}
FIELD = re.compile(r"\{[a-z_]*[^}]*\}")


def extract() -> Catalog:
    """Answer a catalogue of all strings marked in the code."""
    catalogue = Catalog(project="switchroom", charset="utf-8")
    for folder in ("desktop", "embedded_server"):
        found = extract_from_dir(ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS)
        for path, _line, message, comments, context in found:
            catalogue.add(message, locations=[(f"{folder}/{path}", 0)], auto_comments=comments, context=context)
    return catalogue


def po_path(language: str) -> Path:
    """Answer where the catalogue of *language* lies."""
    return FOLDER / language / "LC_MESSAGES" / "switchroom.po"


def load(language: str) -> Catalog:
    """Read the catalogue of *language*, empty where there is none."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="switchroom")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """Answer the binary form that gettext reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update() -> int:
    """Merge new strings into every catalogue and compile it."""
    template = extract()
    for language in LANGUAGES:
        catalogue = load(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False, ignore_obsolete=True)
        path.with_suffix(".mo").write_bytes(compiled(load(language)))
        left = [m for m in catalogue if m.id and not all(strings(m.string))]
        print(f"{language}: {len(catalogue)} strings, {len(left)} untranslated")
    return 0


def strings(value: object) -> list[str]:
    """Answer every form of a message, singular and plural alike."""
    if isinstance(value, (list, tuple)):
        return [str(v) for v in value]
    return [str(value or "")]


def check() -> int:
    """Answer 0 where every language is complete and compiled."""
    template = extract()
    faults: list[str] = []
    for language in LANGUAGES:
        catalogue = load(language)
        for message in template:
            if not message.id:
                continue
            mine = catalogue.get(strings(message.id)[0])
            if mine is None or not all(strings(mine.string)) or mine.fuzzy:
                faults.append(f"{language}: not translated: {strings(message.id)[0]!r}")
                continue
            wanted = set(FIELD.findall(strings(message.id)[-1]))
            faults += [
                f"{language}: fields differ: {text!r}"
                for text in strings(mine.string)
                if set(FIELD.findall(text)) - {"{n}"} != wanted - {"{n}"}
            ]
        mo = po_path(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(catalogue):
            faults.append(f"{language}: {mo.name} is not current; run: make translations")
    print("\n".join(faults[:40]) or f"translations: {len(template)} strings complete in {', '.join(LANGUAGES)}")
    if len(faults) > 40:
        print(f"... and {len(faults) - 40} more")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(update() if sys.argv[1:] == ["update"] else check())
