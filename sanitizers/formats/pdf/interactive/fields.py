"""Form fields become part of the page: what they show stays, what could be filled in or sent does not."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, name, place, text, whole
from sanitizers.formats.pdf.interactive import appearances, fieldlooks
from sanitizers.formats.pdf.interactive.actions import report_actions, report_triggers
from sanitizers.formats.pdf.resources import Resources
from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Action, Severity, Threat

MOST_FIELDS: Final = 50_000
DEEPEST_FIELD: Final = 32  #: levels of fields above one

_PASSWORD: Final = 1 << 13  # table 228
_PUSH_BUTTON: Final = 1 << 16  # table 226
_MULTILINE: Final = 1 << 12

#: What a field takes from those above it (12.7.4.1, table 226 ff.), and what the form gives to all.
_INHERITED: Final = ("/FT", "/V", "/Ff", "/DA", "/Q", "/Opt", "/TI")

_FLATTENED: Final = Trace(Threat.METADATA, Severity.NOTE, "form field made part of the page", Action.REWRITTEN)
_SIGNED: Final = Trace(
    Threat.METADATA, Severity.WARNING, "digital signature; what it shows stays as part of the page", Action.REWRITTEN
)
_XFA: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "XFA form")
_FORM_TRIGGERS: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "actions that run on their own (AA)")


def drawn(known: Entries, drawing: Resources) -> bytes:
    """The operators that paint a field where it lies."""
    work, where = drawing.work, drawing.where
    field = inherited(known, work)
    signature = name(field.get("/FT")) == "Sig"
    met(_SIGNED if signature and entries(field.get("/V")) else _FLATTENED, work, where)
    appearance = appearances.normal_appearance(_in_state(known, field))
    if appearance is not None:
        return appearances.drawn(appearance, known, drawing)
    if isinstance(entries(known.get("/AP")).get("/N"), pikepdf.Dictionary):
        return b""  # a state that shows nothing
    return fieldlooks.drawn(known, looks(field), drawing)


def _in_state(known: Entries, field: Entries) -> Entries:
    """A button without AS is in the state that its value names."""
    if "/AS" in known or name(field.get("/FT")) != "Btn":
        return known
    return {**known, "/AS": field.get("/V")}


def inherited(known: Entries, work: Work) -> dict[str, object]:
    """The field of a widget: its own entries, and those above it."""
    form = entries(entries(work.source.Root).get("/AcroForm"))
    found = {key: form[key] for key in ("/DA", "/Q") if key in form}
    chain = [known]
    seen: set[tuple[int, int]] = set()
    while len(chain) < DEEPEST_FIELD:
        above = chain[-1].get("/Parent")
        if not isinstance(above, pikepdf.Dictionary) or place(above) in seen:
            break
        seen.add(place(above))
        chain.append(entries(above))
    for level in reversed(chain):
        found.update({key: level[key] for key in _INHERITED if key in level})
    return found


def looks(field: Entries) -> fieldlooks.Looks:
    """What a field without an appearance shows."""
    flags = whole(field.get("/Ff")) or 0
    kind = name(field.get("/FT"))
    value = field.get("/V")
    if kind == "Btn":
        on = not flags & _PUSH_BUTTON and name(value) not in {"", "Off"}
        return fieldlooks.Looks(ticked=on)
    if kind not in {"Tx", "Ch"} or flags & _PASSWORD:
        return fieldlooks.Looks()
    shown = [_option(each, field) for each in elements(value, 100)] or [_option(value, field)]
    return fieldlooks.Looks(
        lines=tuple(shown),
        wrapped=kind == "Tx" and bool(flags & _MULTILINE),
        alignment=whole(field.get("/Q")) or 0,
        style=text(field.get("/DA")),
    )


def _option(value: object, field: Entries) -> str:
    """The words of a choice: Opt may give them beside the value that is sent (table 234)."""
    written = fieldlooks.lines_of(value)
    for option in elements(field.get("/Opt"), 1_000):
        pair = list(elements(option, 2))
        if len(pair) == 2 and fieldlooks.lines_of(pair[0]) == written:
            return fieldlooks.lines_of(pair[1])
    return written


def report_form(form: Entries, work: Work) -> None:
    """Name what the form as a whole has, and what fields outside the pages would do."""
    if "/XFA" in form:
        met(_XFA, work, "form")
    open_ = list(elements(form.get("/Fields"), MOST_FIELDS))
    seen: set[tuple[int, int]] = set()
    while open_ and len(seen) < MOST_FIELDS:
        written = open_.pop()
        known = entries(written)
        if not known or place(written) in seen:
            continue
        seen.add(place(written))
        if name(known.get("/Subtype")) != "Widget":  # those are met on their page
            _report_field(known, work)
        open_.extend(elements(known.get("/Kids"), MOST_FIELDS))


def _report_field(known: Entries, work: Work) -> None:
    if "/AA" in known:
        met(_FORM_TRIGGERS, work, "form field")
        report_triggers(known["/AA"], work, "form field")
    if "/A" in known:
        report_actions(known["/A"], work, "form field")
