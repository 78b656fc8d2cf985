"""Calls to the components of LibreOffice, by the binary interface of UNO that all languages share (uno/dispatcher.h).

Only what `office` needs: strings, numbers, sequences of property values, interfaces, and exceptions as `UnoError`. The
sizes and places are those of <uno/any2.h>, <uno/sequence2.h> and <typelib/typedescription.h>, stable since 2000.
Nothing is ever given back: the process ends with its one document.
"""

import ctypes
from ctypes import byref, c_char_p, c_int, c_int32, c_uint32, c_void_p
from enum import IntEnum
from typing import Any, TypeAlias

Value: TypeAlias = str | bool | int
Interface: TypeAlias = int  #: address of a uno_Interface

UTF_8 = 76  # <rtl/textenc.h>
STRICTLY = 0x0333  # OSTRING_TO_OUSTRING_CVTFLAGS, <rtl/string.h>
DEFAULT = -1  # of a property's handle
PROPERTY = "com.sun.star.beans.PropertyValue"
_PROCESS_CONTEXT = "_ZN10comphelper26getProcessComponentContextEv"  # comphelper::getProcessComponentContext()


class UnoError(Exception):
    """A component raised an exception. Its text may quote the document."""


class _Class(IntEnum):
    """typelib_TypeClass, <typelib/typeclass.h>."""

    BOOLEAN = 2
    SHORT = 4
    STRING = 12
    STRUCT = 17
    SEQUENCE = 20
    INTERFACE = 22


class _Any(ctypes.Structure):
    _fields_ = [("type", c_void_p), ("data", c_void_p), ("reserved", c_void_p)]


Argument: TypeAlias = c_void_p | c_int32 | _Any


class _Property(ctypes.Structure):
    """com.sun.star.beans.PropertyValue."""

    _fields_ = [("name", c_void_p), ("handle", c_int32), ("value", _Any), ("state", c_int32)]


class _Description(ctypes.Structure):
    """The beginning of a typelib_TypeDescriptionReference."""

    _fields_ = [
        ("references", c_int32),
        ("static_references", c_int32),
        ("kind", c_int32),
        ("name", c_void_p),
    ]


class Returned(ctypes.Structure):
    """As large as a C++ object that is returned through memory: the one that is has a single pointer."""

    _fields_ = [("pointer", c_void_p), ("more", c_void_p * 3)]


_Lifetime = ctypes.CFUNCTYPE(None, c_void_p)


class _Interface(ctypes.Structure):
    _fields_ = [
        ("acquire", _Lifetime),
        ("release", _Lifetime),
        ("dispatch", ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    ]


class _Mapping(ctypes.Structure):
    _fields_ = [
        ("acquire", _Lifetime),
        ("release", _Lifetime),
        ("map", ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p)),
    ]


class Uno:
    """Of the LibreOffice that is loaded in this process."""

    def __init__(self, programs: str, merged: ctypes.CDLL) -> None:
        """`programs`: the folder of its libraries, `merged`: the largest of them. Raises OSError, AttributeError."""
        self._types = ctypes.CDLL(f"{programs}/libuno_cppu.so.3", mode=ctypes.RTLD_GLOBAL)
        self._strings = ctypes.CDLL(f"{programs}/libuno_sal.so.3", mode=ctypes.RTLD_GLOBAL)
        self._strings.rtl_string2UString.argtypes = (c_void_p, c_char_p, c_int32, c_int, c_uint32)
        self._descriptions: dict[str, c_void_p] = {}
        self._references: dict[str, c_void_p] = {}
        self._context = self._process_context(merged)

    def string(self, text: str) -> c_void_p:
        """A rtl_uString."""
        made, encoded = c_void_p(None), text.encode()
        self._strings.rtl_string2UString(byref(made), encoded, len(encoded), UTF_8, STRICTLY)
        return made

    def call(self, interface: Interface, method: str, *arguments: Argument) -> None:
        """`method`: its full name, "com.sun.star.frame.XStorable::storeToURL". Raises UnoError."""
        self._dispatch(interface, method, None, arguments)

    def ask(self, interface: Interface, method: str, *arguments: Argument) -> Interface | None:
        """A method that returns an interface; None for none. Raises UnoError."""
        returned = c_void_p(None)
        self._dispatch(interface, method, returned, arguments)
        return returned.value

    def query(self, interface: Interface, name: str) -> Interface:
        """The same object by another of its interfaces. Raises UnoError."""
        returned = _Any()
        wanted = (self._reference(_Class.INTERFACE, name),)
        self._dispatch(interface, "com.sun.star.uno.XInterface::queryInterface", returned, wanted)
        found = c_void_p.from_address(returned.data).value if returned.data else None
        if not found:
            raise UnoError(f"no {name}")
        return found

    def service(self, name: str, interface: str) -> Interface:
        """A new one of that name. Raises UnoError."""
        factory = self.ask(self._context, "com.sun.star.uno.XComponentContext::getServiceManager")
        make = "com.sun.star.lang.XMultiComponentFactory::createInstanceWithContext"
        made = factory and self.ask(factory, make, self.string(name), c_void_p(self._context))
        if not made:
            raise UnoError(f"no {name}")
        return self.query(made, interface)

    def any(self, value: Value) -> Argument:
        """One of any type."""
        made = _Any()
        self._fill(ctypes.addressof(made), value)
        return made

    def properties(self, values: dict[str, Value]) -> c_void_p:
        """A sequence of property values."""
        return self._sequence(f"[]{PROPERTY}", self._properties(values), len(values))

    def arguments(self, values: dict[str, Value]) -> c_void_p:
        """The same as a sequence of anys, as factories take it."""
        properties, places = self._properties(values), (_Any * len(values))()
        for place, each in zip(places, properties, strict=True):
            kind = self._reference(_Class.STRUCT, PROPERTY)
            self._types.uno_type_any_construct(byref(place), byref(each), kind, None)
        return self._sequence("[]any", places, len(values))

    def _properties(self, values: dict[str, Value]) -> "ctypes.Array[_Property]":
        made = (_Property * len(values))()
        for place, (name, value) in zip(made, values.items(), strict=True):
            place.name, place.handle = self.string(name), DEFAULT
            self._fill(ctypes.addressof(place) + _Property.value.offset, value)
        return made

    def _sequence(self, name: str, elements: "ctypes.Array[Any]", count: int) -> c_void_p:
        made = c_void_p(None)
        reference = self._reference(_Class.SEQUENCE, name)
        self._types.uno_type_sequence_construct(byref(made), reference, elements, c_int32(count), None)
        return made

    def _fill(self, place: int, value: Value) -> None:
        """Made where it stays: a small value lies in the any itself, and is pointed to."""
        source: c_void_p | ctypes.c_ubyte | ctypes.c_short
        match value:
            case str():
                source, kind, name = self.string(value), _Class.STRING, "string"
            case bool():
                source, kind, name = ctypes.c_ubyte(value), _Class.BOOLEAN, "boolean"
            case _:
                source, kind, name = ctypes.c_short(value), _Class.SHORT, "short"
        self._types.uno_type_any_construct(c_void_p(place), byref(source), self._reference(kind, name), None)

    def _dispatch(
        self,
        interface: Interface,
        method: str,
        returned: ctypes.Structure | c_void_p | None,
        arguments: tuple[Argument, ...],
    ) -> None:
        places = (c_void_p * max(1, len(arguments)))(*(ctypes.addressof(argument) for argument in arguments))
        raised = _Any()
        exception = c_void_p(ctypes.addressof(raised))  # the callee sets it to null when there was none
        result = None if returned is None else ctypes.addressof(returned)
        described = self._description(method)
        _Interface.from_address(interface).dispatch(interface, described, result, places, byref(exception))
        if exception.value:
            raise UnoError(self._described(raised))

    def _described(self, raised: _Any) -> str:
        name = _text(_Description.from_address(raised.type).name)
        return f"{name}: {_text(c_void_p.from_address(raised.data).value)}"  # each begins with its Message

    def _description(self, name: str) -> c_void_p:
        """typelib_TypeDescription: of a type or a method, by its name."""
        if name not in self._descriptions:
            found = c_void_p(None)
            self._types.typelib_typedescription_getByName(byref(found), self.string(name))
            if not found:
                raise UnoError(f"no {name}")
            self._descriptions[name] = found
        return self._descriptions[name]

    def _reference(self, kind: _Class, name: str) -> c_void_p:
        """typelib_TypeDescriptionReference: what stands for a type in a call."""
        if name not in self._references:
            self._description(name)  # to be known is to be registered
            made = c_void_p(None)
            self._types.typelib_typedescriptionreference_newByAsciiName(byref(made), c_int(kind), name.encode())
            self._references[name] = made
        return self._references[name]

    def _process_context(self, merged: ctypes.CDLL) -> Interface:
        """That of the C++ side, mapped to this one."""
        native, binary, mapping, context = (c_void_p(None) for _ in range(4))
        self._types.uno_getEnvironment(byref(native), self.string("gcc3"), None)
        self._types.uno_getEnvironment(byref(binary), self.string("uno"), None)
        self._types.uno_getMapping(byref(mapping), native, binary, None)
        function = getattr(merged, _PROCESS_CONTEXT)
        function.restype, function.argtypes = Returned, ()
        wanted = self._description("com.sun.star.uno.XComponentContext")
        if mapping.value:
            _Mapping.from_address(mapping.value).map(mapping, byref(context), function().pointer, wanted)
        if not context.value:
            raise UnoError("no context of its components")
        return context.value


def _text(string: int | None) -> str:
    """Of a rtl_uString: references, length, UTF-16."""
    if not string:
        return ""
    length = c_int32.from_address(string + 4).value
    return ctypes.string_at(string + 8, 2 * length).decode("utf-16-le", "replace")
