"""HogQL's types: ClickHouse's, as far as an analyst meets them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_SIZES = re.compile(r"\d+")
_INTEGER = re.compile(r"U?Int(8|16|32|64)")


@dataclass(frozen=True)
class Type:
    """A type by ClickHouse's name. `items` are the element types of Array and Tuple; `zone` is the time zone
    that a DateTime is read in, "" for UTC.
    """

    name: str
    nullable: bool = False
    items: tuple[Type, ...] = ()
    zone: str = ""

    def __str__(self) -> str:
        name = self.name
        if self.items:
            name = f"{name}({', '.join(map(str, self.items))})"
        elif self.zone:
            name = f"{name.removesuffix(')')}, '{self.zone}')" if "(" in name else f"{name}('{self.zone}')"
        return f"Nullable({name})" if self.nullable and not self.items else name

    def or_null(self, nullable: bool = True) -> Type:
        """The same type, nullable if it was or if asked. Arrays and tuples cannot be."""
        return self if self.items or not nullable else replace(self, nullable=True)

    def required(self) -> Type:
        return replace(self, nullable=False)

    @property
    def is_integer(self) -> bool:
        return _INTEGER.fullmatch(self.name) is not None

    @property
    def is_signed(self) -> bool:
        return self.name.startswith("Int")

    @property
    def is_float(self) -> bool:
        return self.name in {"Float64", "Float32"}

    @property
    def is_number(self) -> bool:
        """Bool counts as one: true is 1."""
        return self.is_integer or self.is_float or self.name == "Bool"

    @property
    def is_decimal(self) -> bool:
        """Seconds between two moments, with fractions."""
        return self.name.startswith("Decimal")

    @property
    def bits(self) -> int:
        """The width of an integer; a Bool is a UInt8."""
        match = _INTEGER.fullmatch(self.name)
        return int(match[1]) if match else 8

    @property
    def is_interval(self) -> bool:
        return self.name.startswith("Interval")

    @property
    def is_time(self) -> bool:
        return self.name == "Date" or self.name.startswith("DateTime")

    @property
    def is_moment(self) -> bool:
        """A time with hours, minutes and seconds."""
        return self.name.startswith("DateTime")

    @property
    def is_array(self) -> bool:
        return self.name == "Array"

    @property
    def is_tuple(self) -> bool:
        return self.name == "Tuple"

    @property
    def item(self) -> Type:
        """An array's element type."""
        return self.items[0]

    @property
    def precision(self) -> int:
        """Digits after a DateTime64's second; 0 for a DateTime."""
        return int(self.name[11]) if self.name.startswith("DateTime64(") else 0


STRING = Type("String")
BYTES = Type("FixedString")  # what hashes give: bytes that are no text
JSON = Type("JSON")  # a property read as it was sent; never a result
UINT8 = Type("UInt8")
UINT16 = Type("UInt16")
UINT32 = Type("UInt32")
UINT64 = Type("UInt64")
INT8 = Type("Int8")
INT16 = Type("Int16")
INT32 = Type("Int32")
INT64 = Type("Int64")
FLOAT32 = Type("Float32")
FLOAT64 = Type("Float64")
BOOL = Type("Bool")
DATE = Type("Date")
DATETIME = Type("DateTime")
DATETIME64 = Type("DateTime64(3)")
UUID = Type("UUID")
NULL = Type("Nothing", nullable=True)


def interval(unit: str) -> Type:
    """The type of a span counted in `unit`, second … year."""
    return Type(f"Interval{unit.capitalize()}")


def array(item: Type) -> Type:
    return Type("Array", items=(item,))


def tuple_of(*items: Type) -> Type:
    return Type("Tuple", items=items)


def integer(bits: int, signed: bool) -> Type:
    """The integer of a width, 64 bits at most."""
    return Type(f"{'' if signed else 'U'}Int{min(bits, 64)}")


def smallest(value: int) -> Type:
    """The type of a whole number as it is written: the narrowest that holds it."""
    signed = value < 0
    bits = next(
        (bits for bits in (8, 16, 32) if (-value - 1 if signed else value) < 1 << (bits - signed)), 64
    )
    return integer(bits, signed)


def wider(types: list[Type], *, signed: bool = False) -> Type:
    """What + and * of numbers give: the next width over the widest; a float if one is a float."""
    if any(type_.is_float for type_ in types):
        return FLOAT64
    signed = signed or any(type_.is_signed for type_ in types)
    return integer(2 * max(type_.bits for type_ in types), signed)


def common(types: list[Type]) -> Type | None:
    """The type that holds values of all of `types` (ClickHouse's supertype), or None.

    Where ClickHouse has none because 64 bits are too few (UInt64 beside Int64 or a float), the 64-bit type.
    """
    nullable = any(type_.nullable for type_ in types)
    kinds = {type_.required() for type_ in types if type_.name != "Nothing"}
    if not kinds:
        return NULL
    if len(kinds) == 1:
        return kinds.pop().or_null(nullable)
    if kinds == {BOOL, UINT8}:  # one type to ClickHouse, by the name that comes first
        return next(type_ for type_ in types if type_.name != "Nothing").or_null(nullable)
    if all(kind.is_number for kind in kinds):
        return _common_number(kinds).or_null(nullable)
    if all(kind.is_integer or kind.is_decimal for kind in kinds):
        return _common_decimal(kinds).or_null(nullable)
    if all(kind.is_time for kind in kinds):
        found = _common_time([type_ for type_ in types if type_.name != "Nothing"])
        return None if found is None else found.or_null(nullable)
    if len({(kind.name, len(kind.items)) for kind in kinds}) == 1 and all(kind.items for kind in kinds):
        inner = [type_.items for type_ in types if type_.name != "Nothing"]
        items = [common(list(column)) for column in zip(*inner, strict=True)]
        found_items = tuple(item for item in items if item is not None)
        return Type(next(iter(kinds)).name, items=found_items) if len(found_items) == len(items) else None
    return None


def _common_number(kinds: set[Type]) -> Type:
    if any(kind.is_float for kind in kinds):
        narrow = all(kind == FLOAT32 or kind.bits <= 16 for kind in kinds) and FLOAT64 not in kinds
        return FLOAT32 if narrow else FLOAT64
    signed = max((kind.bits for kind in kinds if kind.is_signed), default=0)
    unsigned = max((kind.bits for kind in kinds if not kind.is_signed), default=0)
    if not signed:
        return integer(unsigned, signed=False)
    return integer(max(signed, 2 * unsigned), signed=True)


def _common_decimal(kinds: set[Type]) -> Type:
    """The most digits in all, the most after the point."""
    sizes = [tuple(map(int, _SIZES.findall(kind.name))) for kind in kinds if kind.is_decimal]
    whole, after = (max(column) for column in zip(*sizes, strict=True))
    return Type(f"Decimal({whole}, {after})")


def _common_time(types: list[Type]) -> Type | None:
    """The most precise one's digits and zone. None for a Date beside a zone: its midnight is another."""
    moments = [type_ for type_ in types if type_.is_moment]
    zone = max(moments, key=lambda type_: ("64" in type_.name, type_.precision)).zone
    if zone and any(not type_.is_moment for type_ in types):
        return None
    precision = max(type_.precision for type_ in types)
    name = f"DateTime64({precision})" if any("64" in type_.name for type_ in types) else "DateTime"
    return Type(name, zone=zone)
