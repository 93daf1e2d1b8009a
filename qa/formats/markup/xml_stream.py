"""The records of an XML file of any length, one after the other, with the lines they stand on.

expat reads the file block by block and tells what it meets; no tree is ever built, and a record is forgotten once it
is given out. expat rather than libxml2: it knows the line of any tag in a file of any length (libxml2 loses count
after 65,535), and the line where a record ends.

Nothing outside the file is ever opened and nothing in it is ever expanded: a file that declares an entity, or that
names a document type outside it, is refused. What is held at once is bounded too: a record, a tag, the depth.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from qa.errors import Malformed
from qa.formats.contents import Content

BLOCK = 1 << 16
_LARGEST = 1 << 26  # characters of one record, bytes of one tag
_DEEPEST = 256
_ELEMENT = 64  # what an element of a record counts beside its text
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']""")
_KNOWN_TO_EXPAT = ("utf-8", "utf-16", "iso8859-1", "ascii")


class Element:
    """An element of a record, or one around it.

    Names are as written, prefix and all. text is what stands between its own tags, without its children's. outer is
    the element around it. Units: lines are 1-based and inclusive; line_end is 0 while the element is open.
    """

    __slots__ = ("_text", "attributes", "children", "line_end", "line_start", "name", "outer")

    def __init__(self, name: str, attributes: dict[str, str], outer: Element | None, line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.outer = outer
        self.children: list[Element] = []
        self.line_start = line
        self.line_end = 0
        self._text: list[str] = []

    @property
    def text(self) -> str:
        """The character data of the element, entities decoded."""
        return "".join(self._text)

    def child(self, name: str) -> Element | None:
        """Return the first child of that name."""
        return next((one for one in self.children if one.name == name), None)

    def text_of(self, name: str) -> str | None:
        """Return the text of the first child of that name, or None where there is none."""
        found = self.child(name)
        return None if found is None else found.text

    def add(self, data: str) -> None:
        """Put character data after what is there."""
        self._text.append(data)


def xml_elements(content: Content, names: Collection[str]) -> Generator[Element, None, None]:
    """Give each element of those names, complete, in the order of the file; one inside another is its child.

    Elements around a record are known by their attributes alone. Raises: Malformed, naming the line; as
    `Content.binary`.
    """
    with content.binary() as file:
        handler = _Handler(content.path, frozenset(names))
        parser = _Parser(content.path, file, handler)
        yield from parser.elements()


class _Handler:
    """What expat calls; puts every complete record into `ready`."""

    def __init__(self, path: Path, names: frozenset[str]) -> None:
        self.ready: list[Element] = []
        self.seen = 0  # grows with everything that expat tells
        self._path = path
        self._names = names
        self._open: Element | None = None
        self._depth = 0
        self._record: Element | None = None
        self._size = 0

    def attach(self, parser: expat.XMLParserType) -> None:
        """Make this the handler of a parser."""
        self._parser = parser
        parser.buffer_text = True
        parser.buffer_size = BLOCK
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.seen += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused(f"elements stand inside each other {_DEEPEST} deep")
        outer = self._open
        self._open = element = Element(name, attributes, outer, self._parser.CurrentLineNumber)
        if self._record is not None and outer is not None:
            self._grow(_ELEMENT + sum(map(len, attributes.values())))
            outer.children.append(element)
        elif name in self._names:
            self._record = element
            self._size = 0

    def _end(self, _name: str) -> None:
        self.seen += 1
        self._depth -= 1
        element = self._open
        if element is None:
            return
        self._open = element.outer
        if self._record is not None:
            element.line_end = self._parser.CurrentLineNumber
            if element is self._record:
                self._record = None
                self.ready.append(element)

    def _data(self, data: str) -> None:
        self.seen += 1
        if self._record is not None and self._open is not None:
            self._grow(len(data))
            self._open.add(data)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LARGEST:
            raise self._refused(f"the record that began here is longer than {_LARGEST:,} characters", self._record)

    def _doctype(self, _name: str, system: str | None, public: str | None, _internal: bool) -> None:
        if system is not None or public is not None:
            raise self._refused("it names a document type outside the file, which is never opened")

    def _entity(self, name: str, *_declared: object) -> None:
        raise self._refused(f"it declares the entity {name!r}; no export needs entities, and none is expanded")

    def _skipped(self, name: str, _parameter: bool) -> None:
        raise self._refused(f"the entity {name!r} is not declared")

    def _refused(self, fact: str, element: Element | None = None) -> Malformed:
        line = self._parser.CurrentLineNumber if element is None else element.line_start
        return broken(self._path, line, fact)


class _Parser:
    """expat over one file, fed with bytes, or with text where it does not know the encoding."""

    def __init__(self, path: Path, file: BinaryIO, handler: _Handler) -> None:
        self._path = path
        self._file = file
        self._handler = handler
        self._head = file.read(BLOCK)
        encoding = self._foreign()
        self._decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        self._expat = expat.ParserCreate("utf-8" if encoding else None, intern={})
        handler.attach(self._expat)

    def elements(self) -> Iterator[Element]:
        """Feed the file and give the records as they are complete."""
        block, ready = self._head, self._handler.ready
        self._head = b""
        unseen, before = 0, 0
        while True:
            error = self._feed(block)
            yield from ready
            ready.clear()
            if error is not None:
                raise error
            if not block:
                return
            unseen = 0 if self._handler.seen != before else unseen + len(block)
            before = self._handler.seen
            if unseen > _LARGEST:
                line = self._expat.CurrentLineNumber
                raise broken(self._path, line, f"a tag or a comment is longer than {_LARGEST:,} bytes")
            # A tag that is not complete is read again from its beginning: with twice as much each time, only twice.
            block = self._file.read(max(BLOCK, unseen))

    def _feed(self, block: bytes) -> Malformed | None:
        try:
            if self._decoder is None:
                self._expat.Parse(block, not block)
            else:
                self._expat.Parse(self._decoder.decode(block, final=not block), not block)
        except Malformed as error:
            return error
        except expat.ExpatError as error:
            fact = f"{expat.ErrorString(error.code)} (column {error.offset + 1})"
            return broken(self._path, error.lineno, fact)
        except UnicodeError as error:
            return broken(self._path, self._expat.CurrentLineNumber, f"not in the encoding that it declares: {error}")
        except (LookupError, ValueError) as error:  # pyexpat looks up what _DECLARED did not match
            return broken(self._path, 1, f"it declares an encoding that nothing here reads ({str(error)[:80]})")
        return None

    def _foreign(self) -> str | None:
        """Name the codec where the declaration names an encoding that expat does not know by itself."""
        declared = _DECLARED.match(self._head.removeprefix(codecs.BOM_UTF8))
        if declared is None:
            return None
        name = declared.group(1).decode("ascii")
        try:
            known = codecs.lookup(name).name
            if known.startswith(_KNOWN_TO_EXPAT):
                return None
            " ".encode(known)  # raises for a codec that is no encoding of text, such as hex
        except (LookupError, UnicodeError) as error:
            raise broken(self._path, 1, f"it declares the encoding {name}, which nothing here reads") from error
        return known


def broken(path: Path, line: int | None, fact: str) -> Malformed:
    """Make the error that says where an XML file breaks."""
    return Malformed(path, line, f"XML breaks: {fact}", f"qa index {shlex.quote(str(path))} --format text")
