"""Values of the key that hold no hash: empty ones, references to a variable, and in a template what is to be filled in.

Standard library only, and no `typing`: the scan loads it.
"""

from __future__ import annotations

import re

_EMPTY = (b"", b"~", b"null", b"none", b"???", b"-")
"""Empty, null in YAML and Python, and what Hydra calls missing."""
_VARIABLE = re.compile(
    rb"""\$\{(?:oc\.)?env:(?P<hydra>[A-Za-z_][A-Za-z_0-9]*)(?:,[ \t]*(?:null|''|""|\?\?\?)?)?\}"""
    rb"""|\$(?P<plain>[A-Za-z_][A-Za-z_0-9]*)|\$\{(?P<braced>[A-Za-z_][A-Za-z_0-9]*)\}"""
    rb"""|%(?P<cmd>[A-Za-z_][A-Za-z_0-9]*)%"""
)
_REFERENCE = re.compile(rb"\$\{[A-Za-z_][A-Za-z_0-9.]*\}|\$?\{\{[ \t]*[A-Za-z_][A-Za-z_0-9.]*[ \t]*\}\}")
"""To what a configuration, a workflow or a template says elsewhere."""
_TO_FILL_IN = re.compile(
    rb"""<[^<>]{1,80}>|\[[^\[\]]{1,80}\]|\.{3}|x{3,64}|to-?do|fix-?me|hash|sha-?256|secret|placeholder|example"""
    rb"""|(?:change|replace|insert|put|fill|your|my|the)[a-z_ -]{0,40}"""
)
_SIGNS = (b"$", b"%", b"{", b"???")
_AROUND = b" \t\r\n\"'`,;)]}"


def is_empty(value: bytes) -> bool:
    """Return whether text where a value is due is none: nothing, null, or only what closes a list around it."""
    return value.strip(_AROUND).lower() in _EMPTY


def is_placeholder(value: bytes, template: bool = False) -> bool:
    """Return whether a value only names where the hash comes from or, in a template, asks for it."""
    if not template and not any(sign in value for sign in _SIGNS):
        return False
    value = value.strip()
    bare = value.strip(_AROUND)
    forms = (value, bare, bare + b"}", bare + b"}}")
    if b"???" in forms or any(_VARIABLE.fullmatch(form) or _REFERENCE.fullmatch(form) for form in forms):
        return True
    return template and any(_TO_FILL_IN.fullmatch(form.lower()) for form in forms[:2])


def resolved(value: str, environment: dict[str, str]) -> str:
    """Return a value with the variable that it names looked up, and the empty text for one that Hydra finds missing.

    A name that nothing can be found for stays as it is, which is no hash: what is configured so guards.
    """
    if value.strip() == "???":
        return ""
    found = _VARIABLE.fullmatch(value.strip().encode("utf-8", "replace"))
    if found is None:
        return value
    name = next(name for name in found.groups() if name).decode()
    return environment.get(name, "" if found["hydra"] else value)
