"""HogQL's types: ClickHouse's, as far as an analyst meets them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Type:
    """A type by ClickHouse's name. `items` are the element types of Array and Tuple."""

    name: str
    nullable: bool = False
    items: tuple[Type, ...] = ()

    def __str__(self) -> str:
        name = self.name
        if self.items:
            name = f"{name}({', '.join(map(str, self.items))})"
        return f"Nullable({name})" if self.nullable and not self.items else name

    def or_null(self, nullable: bool = True) -> Type:
        """The same type, nullable if it was or if asked. Arrays and tuples cannot be."""
        return self if self.items or not nullable else replace(self, nullable=True)

    def required(self) -> Type:
        return replace(self, nullable=False)

    @property
    def is_integer(self) -> bool:
        return self.name in INTEGERS

    @property
    def is_number(self) -> bool:
        return self.is_integer or self.name in {"Float64", "Bool"}

    @property
    def is_interval(self) -> bool:
        return self.name.startswith("Interval")

    @property
    def is_time(self) -> bool:
        return self.name in {"Date", "DateTime", "DateTime64(3)"}


INTEGERS = {"UInt8", "UInt16", "UInt32", "UInt64", "Int8", "Int16", "Int32", "Int64"}

STRING = Type("String")
UINT8 = Type("UInt8")
UINT16 = Type("UInt16")
UINT32 = Type("UInt32")
UINT64 = Type("UInt64")
INT64 = Type("Int64")
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


def common(types: list[Type]) -> Type | None:
    """The type that holds values of all of `types` (ClickHouse's supertype), or None."""
    nullable = any(type_.nullable for type_ in types)
    kinds = {type_.required() for type_ in types if type_.name != "Nothing"}
    if not kinds:
        return NULL
    if len(kinds) == 1:
        return kinds.pop().or_null(nullable)
    if all(kind.is_number for kind in kinds):
        if FLOAT64 in kinds:
            return FLOAT64.or_null(nullable)
        signed = any(kind.name.startswith("Int") for kind in kinds)
        return (INT64 if signed else UINT64).or_null(nullable)
    if all(kind.is_time for kind in kinds):
        return (DATETIME64 if DATETIME64 in kinds else DATETIME).or_null(nullable)
    return None
