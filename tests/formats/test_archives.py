from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from qa.errors import Malformed, QAError, SourceNotFound, SourceUnreadable
from qa.formats.archives import Unpacked, is_archive, unpack, unpacking
from qa.formats.archives.tars import tar_members

Pack = Callable[..., Path]

FILES = {"users.json": b'[{"id": 1}]', "general/2024-01-01.json": b"[1, 2]", "general/empty.txt": b""}
WHEN = 1_600_000_001
COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstandard.ZstdCompressor().compress,
}


def tar(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT, **fields: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, encoding="utf-8") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), WHEN
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2021, 2, 3, 4, 5, 6))
            info.external_attr = mode << 16
            info.compress_type = method
            archive.writestr(info, data)
    return buffer.getvalue()


ALL = {"zip": zipped(FILES), **{name: pack(tar(FILES)) for name, pack in COMPRESSIONS.items()}}


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    def write(data: bytes, name: str = "export") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "a" / "b" / "into"
    folder.mkdir(parents=True)
    return folder


def found(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def malformed(path: Path, into: Path) -> Malformed:
    with pytest.raises(Malformed) as caught:
        unpack(path, into)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("data", ALL.values(), ids=ALL)
def test_gives_the_files_with_their_times(pack: Pack, into: Path, data: bytes) -> None:
    path = pack(data)
    assert is_archive(path)
    unpacked = unpack(path, into)
    assert unpacked == Unpacked(tuple(Path(name) for name in FILES), ())
    assert found(into) == FILES
    told = time.mktime((2021, 2, 3, 4, 5, 6, 0, 0, -1)) if data is ALL["zip"] else WHEN
    assert {(into / name).stat().st_mtime for name in FILES} == {told}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_usual_way_of_zip(pack: Pack, into: Path, method: int) -> None:
    data = {"long.txt": b"words " * 500_000}
    assert unpack(pack(zipped(data, method)), into).files == (Path("long.txt"),)
    assert found(into) == data


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_usual_way_of_tar(pack: Pack, into: Path, form: int) -> None:
    long = "folder/" * 20 + "x" * 90 + ".txt"
    data = {long: b"a" * 513, "käse/👍.txt": b"b" * 512, "n" * 100: b"c", "last.txt": b"d" * 3_000_000}
    assert unpack(pack(tar(data, form)), into).refused == ()
    assert found(into) == data


def test_a_tar_of_old(pack: Pack, into: Path) -> None:
    data = bytearray(tar({"old.txt": b"words"}, tarfile.USTAR_FORMAT))
    data[257:265] = bytes(8)
    data[156] = 0
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 256 + sum(data[156:512]))
    path = pack(bytes(data))
    assert is_archive(path)
    unpack(path, into)
    assert found(into) == {"old.txt": b"words"}


def test_numbers_too_large_for_octal(pack: Pack, into: Path) -> None:
    data = tar({"late.txt": b"words"}, tarfile.GNU_FORMAT, mtime=(1 << 33) + 5)
    assert data[136] == 0x80
    unpack(pack(data), into)
    assert (into / "late.txt").stat().st_mtime == (1 << 33) + 5
    before = tar({"early.txt": b"words"}, tarfile.GNU_FORMAT, mtime=-5)
    assert before[136] == 0xFF
    unpack(pack(before), into)
    assert (into / "early.txt").stat().st_mtime == -5


def test_the_size_in_an_extended_header_counts(pack: Pack, into: Path) -> None:
    plain = tar({"a.txt": b"x" * 600, "b.txt": b"y"}, tarfile.PAX_FORMAT, pax_headers={"size": "600"})
    at = plain.index(b"a.txt") // 512 * 512
    data = bytearray(plain)
    header = data[at : at + 512]
    header[124:136] = b"%011o\0" % 0
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:]))
    data[at : at + 512] = header
    unpack(pack(bytes(data)), into)
    assert found(into)["a.txt"] == b"x" * 600


def test_times_of_zip_in_utc_are_preferred(pack: Pack, into: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.txt", (2021, 2, 3, 4, 5, 6))
        info.extra = struct.pack("<HH4s", 0x9999, 4, b"more") + struct.pack("<HHBi", 0x5455, 5, 1, WHEN)
        archive.writestr(info, "words")
        archive.writestr(zipfile.ZipInfo("b.txt", (1980, 0, 0, 0, 0, 0)), "words")
    unpack(pack(buffer.getvalue()), into)
    assert (into / "a.txt").stat().st_mtime == WHEN
    assert (into / "b.txt").read_text() == "words"


OFFICE = {
    "docx": zipped({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<Types/>"}),
    "epub": zipped({"mimetype": b"application/epub+zip", "OEBPS/a.xhtml": b"<html/>"}),
    "jar": zipped({"META-INF/MANIFEST.MF": b"", "A.class": b""}),
}


@pytest.mark.parametrize(
    "data",
    [
        *OFFICE.values(),
        b"",
        b"PK",
        b"words " * 200,
        b"\0" * 10_240,
        b"x" * 257 + b"ustar" + b"x" * 300,
        gzip.compress(b'{"body": "words"}\n' * 100, mtime=0),
        gzip.compress(tar(FILES), mtime=0)[:12],
        b"BZh9 is a word",
        b"\x28\xb5\x2f\xfd and no more",
        b"SQLite format 3\0" + bytes(600),
    ],
)
def test_other_files_are_no_archives(pack: Pack, data: bytes) -> None:
    assert not is_archive(pack(data))


def test_a_zip_with_office_names_further_down_is_an_archive(pack: Pack) -> None:
    assert is_archive(pack(zipped({"report/[Content_Types].xml": b"", "report/mimetype": b""})))
    assert is_archive(pack(zipped({})))
    assert is_archive(pack(ALL["zip"][:40]))


def test_what_is_not_there_or_not_a_file(tmp_path: Path) -> None:
    for call in (is_archive, lambda path: unpack(path, tmp_path)):
        with pytest.raises(SourceNotFound):
            call(tmp_path / "none")
        with pytest.raises(SourceUnreadable):
            call(tmp_path)


EVIL = {
    "/etc/evil.txt": "an absolute path",
    "//server/share/evil.txt": "an absolute path",
    "\\\\server\\evil.txt": "an absolute path",
    "C:\\evil.txt": "an absolute path",
    "c:evil.txt": "an absolute path",
    "../evil.txt": "a path that leaves the archive",
    "a/../../evil.txt": "a path that leaves the archive",
    "..\\..\\evil.txt": "a path that leaves the archive",
    "../.hidden/evil.txt": "a path that leaves the archive",
    "..": "a path that leaves the archive",
    "x" * 241: "a name that is too long",
    "x/" * 600 + "evil.txt": "a name that is too long",
}


@pytest.mark.parametrize("make", [zipped, tar])
@pytest.mark.parametrize(("name", "reason"), EVIL.items())
def test_names_that_lead_elsewhere_are_refused(
    pack: Pack, into: Path, tmp_path: Path, make: Callable[..., bytes], name: str, reason: str
) -> None:
    path = pack(make({name: b"evil", "good.txt": b"good"}))
    before = sorted(tmp_path.rglob("*"))
    unpacked = unpack(path, into)
    assert unpacked.files == (Path("good.txt"),)
    assert unpacked.refused == (f"{name} ({reason})",)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, into / "good.txt"])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.GNUTYPE_SPARSE, "a file with holes"),
        (b"Z", "of a kind that is not known"),
    ],
)
def test_what_is_no_file_is_refused(pack: Pack, into: Path, kind: bytes, reason: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        odd = tarfile.TarInfo("odd")
        odd.type, odd.linkname = kind, "/etc/passwd"
        archive.addfile(odd)
        inside = tarfile.TarInfo("odd/inside.txt")
        inside.size = 4
        archive.addfile(inside, io.BytesIO(b"word"))
    unpacked = unpack(pack(buffer.getvalue()), into)
    assert unpacked == Unpacked((Path("odd/inside.txt"),), (f"odd ({reason})",))
    assert not (into / "odd").is_symlink()
    assert found(into) == {"odd/inside.txt": b"word"}


def test_files_with_holes_as_pax_has_them(pack: Pack, into: Path) -> None:
    data = tar({"holes": b"x"}, tarfile.PAX_FORMAT, pax_headers={"GNU.sparse.major": "1"})
    assert unpack(pack(data), into).refused == ("holes (a file with holes)",)


@pytest.mark.parametrize(("mode", "reason"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")])
def test_what_is_no_file_in_a_zip(pack: Pack, into: Path, mode: int, reason: str) -> None:
    unpacked = unpack(pack(zipped({"odd": b"/etc/passwd"}, mode=mode | 0o777)), into)
    assert unpacked == Unpacked((), (f"odd ({reason})",))
    assert found(into) == {}


@pytest.mark.parametrize("make", [zipped, tar])
def test_names_that_meet(pack: Pack, into: Path, make: Callable[..., bytes]) -> None:
    names = [
        "a.json",
        "A.json",
        "A (2).json",
        "dir/x",
        "Dir/x",
        "file",
        "file/below",
        "x/y",
        "X",
        "./dot/./a",
        "dot//b",
    ]
    unpacked = unpack(pack(make({name: name.encode() for name in names})), into)
    assert [path.as_posix() for path in unpacked.files] == [
        *("a.json", "A (2).json", "A (2) (2).json", "dir/x", "Dir/x (2)", "file", "x/y", "dot/a", "dot/b"),
    ]
    assert unpacked.refused == tuple(
        f"{name} (a file where the archive also has a folder)" for name in ("file/below", "X")
    )
    assert (into / "A (2).json").read_bytes() == b"A.json"
    assert (into / "A (2) (2).json").read_bytes() == b"A (2).json"
    assert len(found(into)) == 9


def test_composed_and_decomposed_letters_meet(pack: Pack, into: Path) -> None:
    unpacked = unpack(pack(tar({"k\u00e4se": b"1", "ka\u0308se": b"2"})), into)
    assert [path.as_posix() for path in unpacked.files] == ["k\u00e4se", "ka\u0308se (2)"]


def test_of_two_members_with_one_name_the_later_counts(pack: Pack, into: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for data in (b"long and first", b"last"):
            info = tarfile.TarInfo("a.json")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    unpacked = unpack(pack(buffer.getvalue()), into)
    assert unpacked == Unpacked((Path("a.json"),), ("a.json (an earlier one of two with this name)",))
    assert found(into) == {"a.json": b"last"}


@pytest.mark.parametrize("make", [zipped, tar])
def test_hidden_files_are_left_out(pack: Pack, into: Path, make: Callable[..., bytes]) -> None:
    names = [
        ".DS_Store",
        "__MACOSX/._a.json",
        "__MACOSX/a/b.json",
        "a/.git/config",
        "a/.hidden",
        "a/b.json",
        "c/",
        "./",
    ]
    unpacked = unpack(pack(make({name: b"" if name.endswith("/") else b"x" for name in names})), into)
    assert unpacked == Unpacked((Path("a/b.json"),), ())


def test_archives_inside_are_files(pack: Pack, into: Path) -> None:
    unpacked = unpack(pack(zipped({"inner.zip": ALL["zip"], "inner.tar.gz": ALL["tar.gz"]})), into)
    assert unpacked.files == (Path("inner.zip"), Path("inner.tar.gz"))
    assert found(into) == {"inner.zip": ALL["zip"], "inner.tar.gz": ALL["tar.gz"]}


def test_names_in_other_encodings(pack: Pack, into: Path) -> None:
    data = zipped({"k?se.txt": b"1", "p?????.txt": b"2"})
    data = data.replace(b"k?se.txt", b"k\x84se.txt")  # code page 437, as the format says
    data = data.replace(b"p?????.txt", b"p" + "ß👍"[:1].encode() + "é".encode() + b"x" + b".txt")  # UTF-8, unsaid
    unpacked = unpack(pack(data), into)
    assert [path.as_posix() for path in unpacked.files] == ["käse.txt", "pßéx.txt"]
    plain = tar({"k?se.txt": b"1"}, tarfile.USTAR_FORMAT)
    wrong = bytearray(plain.replace(b"k?se", b"k\xe4se"))
    wrong[148:156] = b"%06o\0 " % (sum(wrong[:148]) + 256 + sum(wrong[156:512]))
    assert unpack(pack(bytes(wrong)), into).files == (Path("käse.txt"),)


def test_control_characters_in_names_are_written_as_others(pack: Pack, into: Path) -> None:
    unpacked = unpack(pack(tar({"a\x1b[2J\n.txt": b"1", "../\x1b.txt": b"2"})), into)
    assert unpacked.files == (Path("a_[2J_.txt"),)
    assert unpacked.refused == ("../\ufffd.txt (a path that leaves the archive)",)


def flags(data: bytes, bits: int) -> bytes:
    """Set flags of every member of a zip, in both places."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            changed[at + offset] |= bits
    return bytes(changed)


def test_encrypted_archives_say_so(pack: Pack, into: Path) -> None:
    error = malformed(pack(flags(ALL["zip"], 1)), into)
    assert "encrypted" in error.message
    assert error.hint == f"unzip {error.path}"


def test_a_compression_that_is_not_known(pack: Pack, into: Path) -> None:
    data = bytearray(zipped({"a.txt": b"words", "b.txt": b"words"}))
    at = data.index(b"PK\x01\x02")
    data[at + 10 : at + 12] = struct.pack("<H", 9)
    unpacked = unpack(pack(bytes(data)), into)
    assert unpacked == Unpacked((Path("b.txt"),), ("a.txt (compressed in a way that is not known, 9)",))


def bomb(total: int) -> bytes:
    return b"\0" * total


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar.xz", "tar.zst", "tar.bz2"])
def test_bombs_are_stopped_by_what_they_write(
    pack: Pack, into: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(unpacking, "_AT_LEAST", 1 << 20)
    files = {f"{n}.txt": b"\0" * (1 << 20) for n in range(60)}
    data = zipped(files) if form == "zip" else COMPRESSIONS[form](tar(files))
    path = pack(data)
    assert 200 * len(data) < 60 << 20 or form == "zip"
    monkeypatch.setattr(unpacking, "_RATIO", 20)
    error = malformed(path, into)
    assert "unpacks to more than" in error.message
    assert sum(map(len, found(into).values())) <= max(1 << 20, 20 * len(data)) + (1 << 20)


def test_the_size_that_a_header_tells_is_not_trusted(pack: Pack, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_AT_LEAST", 1 << 20)
    data = bytearray(zipped({"a.txt": b"\0" * (8 << 20)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark)
        data[at + offset : at + offset + 4] = struct.pack("<I", 10)
    malformed(pack(bytes(data)), into)
    assert len(found(into).get("a.txt", b"")) <= 2 << 20


def test_hidden_members_of_a_tar_count_too(pack: Pack, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_AT_LEAST", 1 << 20)
    monkeypatch.setattr(unpacking, "_RATIO", 2)
    assert "unpacks to more" in malformed(pack(gzip.compress(tar({".x": b"\0" * (4 << 20)}))), into).message
    after = gzip.compress(tar({"a": b"x"}) + b"\0" * (4 << 20))
    assert "unpacks to more" in malformed(pack(after), into).message


def test_members_that_share_their_bytes(pack: Pack, into: Path) -> None:
    data = zipped({"a.txt": b"x" * 5000, "b.txt": b"x" * 5000}, zipfile.ZIP_STORED)
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    first_offset = bytes(4)
    overlapping = data[: second + 42] + first_offset + data[second + 46 :]
    assert "overlap" in malformed(pack(overlapping), into).message
    assert found(into) == {}


@pytest.mark.parametrize("make", [zipped, tar])
def test_too_many_members(pack: Pack, into: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., bytes]) -> None:
    monkeypatch.setattr(unpacking, "_MOST_MEMBERS", 50)
    assert len(unpack(pack(make({f"{n}": b"" for n in range(50)})), into).files) == 50
    assert "more than 50 members" in malformed(pack(make({f"{n}": b"" for n in range(51)})), into).message


def test_a_header_of_a_tar_is_bounded(pack: Pack, into: Path) -> None:
    data = bytearray(tar({"a" * 200: b"x"}, tarfile.GNU_FORMAT))
    data[124:136] = b"%011o\0" % (1 << 30)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 256 + sum(data[156:512]))
    assert "a header of 1,073,741,824 bytes" in malformed(pack(bytes(data)), into).message


@pytest.mark.parametrize("form", ALL)
def test_cut_off_anywhere(pack: Pack, into: Path, form: str) -> None:
    data = ALL[form]
    needed = len(data) if form != "tar" else tar_ends(data)
    for end in range(4, needed, max(1, needed // 150)):
        path = pack(data[:end])
        if form == "zip":
            assert is_archive(path)
        if is_archive(path):
            malformed(path, into)


def tar_ends(data: bytes) -> int:
    """Where the last member ends; what follows is the end mark, and padding."""
    return -(-len(data.rstrip(b"\0")) // 512) * 512


def test_only_the_padding_of_a_tar_may_be_missing(pack: Pack, into: Path) -> None:
    data = ALL["tar"]
    end = tar_ends(data)
    assert "too early" in malformed(pack(data[:end]), into).message
    assert unpack(pack(data[: end + 512]), into).files == tuple(Path(name) for name in FILES)


def test_a_damaged_checksum_at_the_end_is_seen(pack: Pack, into: Path) -> None:
    data = bytearray(ALL["tar.gz"])
    data[-8] ^= 1
    assert "CRC" in malformed(pack(bytes(data)), into).message


@pytest.mark.parametrize("form", ALL)
def test_any_damage_is_an_error_that_is_said(pack: Pack, into: Path, tmp_path: Path, form: str) -> None:
    source = random.Random(form)
    data = ALL[form]
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(source.choice((1, 1, 2, 8))):
            changed[source.randrange(len(changed))] = source.choice(
                (0, 1, 0x50, 0x7F, 0x80, 0xFF, source.randrange(256))
            )
        path = pack(bytes(changed))
        before = {one for one in tmp_path.rglob("*") if into not in one.parents}
        assert tried(path, into)
        assert {one for one in tmp_path.rglob("*") if into not in one.parents} == before


def tried(path: Path, into: Path) -> bool:
    try:
        if is_archive(path):
            unpack(path, into)
    except QAError as error:
        return bool(error.hint)
    return True


def test_no_room_is_said(pack: Pack, into: Path) -> None:
    (into / "general").write_text("in the way")
    with pytest.raises(SourceUnreadable, match="cannot be unpacked") as caught:
        unpack(pack(ALL["zip"]), into)
    assert caught.value.hint


def test_a_tar_is_read_in_one_pass() -> None:
    class Forward(io.BytesIO):
        def seek(self, *_args: object) -> int:
            raise AssertionError

    counted: list[int] = []
    names = [member.name for member in tar_members(Forward(ALL["tar"]), counted.append)]
    assert names == list(FILES)
    assert sum(counted) == len(ALL["tar"])


@pytest.mark.skipif(os.name != "posix", reason="backslashes are letters elsewhere")
def test_backslashes_divide(pack: Pack, into: Path) -> None:
    unpack(pack(zipped({"general\\a.json": b"1"})), into)
    assert found(into) == {"general/a.json": b"1"}
