"""How the records of store and access log are defined, as text: to be held to what was frozen.

    python -m testbed.definitions

writes the text of the formats as they are now into ``tests/fixtures/frozen``, where it is
missing. What is there is never written over: another definition is another number.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields, replace

from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.model import Fault
from rmp_milter.dossier.search_terms import TERMS_VERSION, Term
from rmp_milter.keeper.log import version as log_version
from rmp_milter.keeper.log.leaves import leaves
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.store.format import codecs, tables, version
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.keys import StoreKeys

FROZEN = Path(__file__).parents[1] / "tests" / "fixtures" / "frozen"

_PLAIN = Event(at=1, action="a", request=b"", actor_rpps="", actor_fingerprint="", sender="")
_FULL = replace(
    _PLAIN,
    **{
        field.name: {str: "x", bytes: b"x", int: 7}.get(field.type, (b"x",))
        for field in fields(Event)
        if field.name not in {"entries", "witnesses"}
    },
    entries=(7,),
    witnesses=("x",),
)


def frozen_files() -> dict[Path, str]:
    """Return where the text of each format is frozen, and what it is now."""
    store, log = version.FORMAT.number, log_version.FORMAT.number
    return {
        FROZEN / f"store-{store}.txt": "\n".join(store_lines()) + "\n",
        FROZEN / f"access-log-{log}.txt": "\n".join(log_lines()) + "\n",
    }


def store_lines() -> Iterator[str]:
    """Yield the store's tables, what is under their keys, and every record's definition."""
    yield f"mark {version.FORMAT.mark.decode()}"
    yield from (f"table {name}" for name in tables.table_names())
    for name in ("FORMAT_KEY", "LEDGER_KEY", "OUTBOX_LEDGER_KEY", "INDEX_CHECK_KEY"):
        yield f"meta {getattr(tables, name).decode()}"
    for name in ("ID_BYTES", "LINK_BYTES", "NONCE_BYTES"):
        yield f"{name} {getattr(codecs, name)}"
    yield f"TERMS_VERSION {TERMS_VERSION}"
    yield from described(LinkKind, Fault, Term)  # what keyed digests are made of
    kinds = dict(_records(codecs.Codecs(_KEYS)))
    yield from (f"record {table}: {kind.__name__}" for table, kind in sorted(kinds.items()))
    yield from described(*kinds.values())


_KEYS = StoreKeys(bytes(32), bytes(32), bytes(32))


def _records(of: object) -> Iterator[tuple[str, type]]:
    for value in vars(of).values():
        if isinstance(value, codecs.Codec):
            yield value.table, value.kind
        elif isinstance(value, codecs.OutboxCodecs):
            yield from _records(value)


def log_lines() -> Iterator[str]:
    """Yield the access log's tables, and what a leaf holds always and where it is set."""
    yield f"mark {log_version.FORMAT.mark.decode()}"
    yield from (f"table {name}" for name in LogTable)
    always, full = (_leaf(event) for event in (_PLAIN, _FULL))
    for name in sorted(full):
        word = "always" if name in always else "where set"
        yield f"leaf {name}: {type(full[name]).__name__}, {word}"
    yield f"leaf v is {full['v']}"


def _leaf(event: Event) -> dict[str, object]:
    (leaf,) = leaves(event, 1, b"x" * 32)
    return msgspec.json.decode(leaf, type=dict[str, object])


def described(*kinds: type) -> Iterator[str]:
    """Yield the definitions of structures and enumerations, and of all that are in them."""
    found: dict[type, None] = {}
    for kind in kinds:
        _collect(kind, found)
    for kind in sorted(found, key=lambda each: each.__name__):
        if issubclass(kind, Enum):
            yield from _enumeration(kind)
        elif issubclass(kind, msgspec.Struct):
            yield from _structure(kind)


def _collect(kind: object, found: dict[type, None]) -> None:
    for each in get_args(kind):
        _collect(each, found)
    if not isinstance(kind, type) or kind in found or get_origin(kind):
        return
    if issubclass(kind, Enum):
        found[kind] = None
    elif issubclass(kind, msgspec.Struct):
        found[kind] = None
        for field in fields(kind):
            _collect(field.type, found)


def _enumeration(kind: type[Enum]) -> Iterator[str]:
    yield f"enumeration {kind.__name__}"
    yield from (f"    {each.value!r}" for each in kind)


def _structure(kind: type[msgspec.Struct]) -> Iterator[str]:
    config = kind.__struct_config__
    said = {
        "unknown fields forbidden": config.forbid_unknown_fields,
        "defaults left out": config.omit_defaults,
        "an array": config.array_like,
        f"tag {config.tag!r} in {config.tag_field!r}": config.tag is not None,
    }
    words = ", ".join(word for word, is_so in said.items() if is_so)
    yield f"structure {kind.__name__}: {words or 'plain'}"
    yield from (f"    {_field(field)}" for field in fields(kind))


def _field(field: FieldInfo) -> str:
    shown = f"{field.encode_name}: {_type(field.type)}"
    if field.default is not msgspec.NODEFAULT:
        return f"{shown} = {field.default!r}"
    if field.default_factory is not msgspec.NODEFAULT:
        return f"{shown} = {field.default_factory()!r}"
    return shown


def _type(kind: object) -> str:
    arguments = [_type(each) for each in get_args(kind)]
    if isinstance(kind, UnionType):
        return " | ".join(arguments)
    if kind is Ellipsis:
        return "..."
    name = str(getattr(kind, "__name__", kind))
    return f"{name}[{', '.join(arguments)}]" if arguments else name


if __name__ == "__main__":
    FROZEN.mkdir(exist_ok=True)
    for path, text in frozen_files().items():
        if not path.exists():
            path.write_text(text)
