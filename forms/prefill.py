"""Start from an earlier form, mark what changed since, and correct who may see a field."""

from dataclasses import replace

from forms.entries import Entry, compose, flatten
from forms.errors import FormError, FormErrorCode
from forms.form import Form, digest
from forms.migration import plain
from forms.pack import PackShelf, core_shelf


def prefill(earlier: Form, *, shelf: PackShelf | None = None) -> Form:
    """Return a new form with the values of an earlier one, bound to nothing."""
    shelf = shelf or core_shelf()
    entries = (entry for entry in flatten(earlier, shelf=shelf) if not entry.path.startswith("binding/"))
    return compose(shelf.pack(earlier.pack, earlier.version), earlier.language, entries, shelf=shelf)


def changed_paths(earlier: Form, form: Form, *, shelf: PackShelf | None = None) -> frozenset[str]:
    """Return the paths in `form` whose value or marks are not those of `earlier`; the binding does not count.

    Raises FormError with INCONSISTENT for forms of different packs or versions.
    """
    if (earlier.pack, earlier.version) != (form.pack, form.version):
        raise FormError(FormErrorCode.INCONSISTENT)
    before = set(flatten(earlier, shelf=shelf))
    return frozenset(
        entry.path
        for entry in flatten(form, shelf=shelf)
        if entry not in before and not entry.path.startswith("binding/")
    )


def apply_correction(form: Form, correction: Form, *, shelf: PackShelf | None = None) -> Form:
    """Return `form` with the disclosure marks that a verified `correction` (pack "correction") gives its fields.

    The result is for reading and publishing: its octets are no longer those that were signed. Raises FormError:
    INCONSISTENT if the correction is about another form, comes from another Party than the form (where both are bound),
    or names a field that `form` does not hold or may not withhold; what `validate` raises.
    """
    shelf = shelf or core_shelf()
    wanted = {entry.path: entry.value for entry in flatten(correction)}
    if correction.pack != "correction" or wanted["form-sha256"] != digest(form):
        raise FormError(FormErrorCode.INCONSISTENT, "form-sha256")
    if None not in {_sender(form), _sender(correction)} and _sender(form) != _sender(correction):
        raise FormError(FormErrorCode.INCONSISTENT, "binding/requesting-party")
    pack = shelf.pack(form.pack, form.version)
    answerable = {field.path for field in pack.root.walk() if field.answerable}
    entries = {entry.path: entry for entry in flatten(form, shelf=shelf)}
    for number in range(1, 201):
        path = wanted.get(f"change[{number}]/field")
        if path is None:
            break
        if path not in entries:
            raise FormError(FormErrorCode.INCONSISTENT, f"change[{number}]/field")
        disclosure, reason = wanted[f"change[{number}]/disclosure"], wanted.get(f"change[{number}]/reason")
        if disclosure == "withheld" and plain(path) not in answerable:
            raise FormError(FormErrorCode.INCONSISTENT, f"change[{number}]/disclosure")
        entries[path] = _marked(entries[path], disclosure, reason)
    return compose(pack, form.language, entries.values(), shelf=shelf)


def _sender(form: Form) -> str | None:
    """The Party that sent a form: the one that was asked, if the form is an answer. None for a draft."""
    bound = form.bindings
    if bound is None:
        return None
    return bound.requesting_party if bound.query_sha256 is None else bound.requested_party


def _marked(entry: Entry, disclosure: str, reason: str | None) -> Entry:
    if disclosure == "withheld":
        return Entry(entry.path, answer="withheld", reason=reason)
    return replace(entry, disclosure=disclosure)
