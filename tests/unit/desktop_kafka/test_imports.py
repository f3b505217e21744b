"""Which schema file imports which."""

from pathlib import PurePath

from desktop.core.kafka_imports import SchemaFile, imports_in, is_named_by, with_imports


def file(path: str, *imports: str) -> SchemaFile:
    return SchemaFile(PurePath(path), f"// {path}\n" + "".join(f'import "{one}";\n' for one in imports))


def nowhere(_path: str, _importer: PurePath) -> SchemaFile | None:
    return None


def test_imports_are_read_without_comments_and_without_protobufs_own() -> None:
    text = """
    syntax = "proto3";
    import "google/protobuf/timestamp.proto";
    import public 'common/money.proto' ;
    import weak "b.proto"; import "b.proto";
    // import "left/out.proto";
    /* import "also/out.proto"; */
    message Order { string important = 1; }
    """
    assert imports_in(text) == ["common/money.proto", "b.proto"]


def test_a_path_is_named_by_its_end_in_whole_parts() -> None:
    assert is_named_by(PurePath("/home/me/common/money.proto"), "common/money.proto")
    assert not is_named_by(PurePath("/home/me/uncommon/money.proto"), "common/money.proto")
    assert not is_named_by(PurePath("/home/me/money.proto"), "common/money.proto")


def test_what_another_file_imports_is_kept_with_that_one_through_others_too() -> None:
    files = [file("/s/c.proto"), file("/s/a.proto", "b.proto"), file("/s/b.proto", "c.proto"), file("/s/alone.proto")]
    kept = with_imports(files, nowhere)
    assert [(one.path.name, sorted(one.imports)) for one in kept] == [("a.proto", ["b.proto", "c.proto"]), ("alone.proto", [])]


def test_files_that_import_each_other_are_all_kept_so_that_the_fault_is_told() -> None:
    kept = with_imports([file("/s/a.proto", "b.proto"), file("/s/b.proto", "a.proto")], nowhere)
    assert [one.path.name for one in kept] == ["a.proto", "b.proto"]


def test_what_was_not_chosen_is_looked_for_and_what_is_nowhere_is_left_out() -> None:
    def find(path: str, importer: PurePath) -> SchemaFile | None:
        return file("/elsewhere/b.proto", "c.proto") if path == "b.proto" and importer.name == "a.proto" else None

    (kept,) = with_imports([file("/s/a.proto", "b.proto")], find)
    assert list(kept.imports) == ["b.proto"]


def test_what_a_kept_import_needs_itself_comes_along() -> None:
    def find(path: str, _importer: PurePath) -> SchemaFile | None:
        return SchemaFile(PurePath(path), "b", {"c.proto": "c"}) if path == "b.proto" else None

    (kept,) = with_imports([file("/s/a.proto", "b.proto")], find)
    assert kept.imports == {"b.proto": "b", "c.proto": "c"}


def test_files_of_other_formats_stand_alone() -> None:
    kept = with_imports([SchemaFile(PurePath("/s/a.avsc"), 'import "b.proto";'), file("/s/b.proto")], nowhere)
    assert [one.imports for one in kept] == [{}, {}]
