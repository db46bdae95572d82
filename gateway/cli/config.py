"""`gsp config`: check the configuration, print the reference of all keys."""

from typing import Any

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from gateway.cli.context import Deployment, pass_deployment
from gateway.resolve import RESOLVE_IS_ON
from gateway.settings import Settings

_HEAD = """\
# Configuration

One TOML file, `gsp.toml`; `gsp init` writes it. Relative paths start at the folder of the file.
`gsp --config FILE config check` tells file, key and expected value of each mistake. This page is made by
`gsp config reference`.
"""


@click.group()
def config() -> None:
    """Check the configuration; print the reference of all keys."""


@config.command()
@pass_deployment
def check(deployment: Deployment) -> None:
    """Check the configuration file.

    \b
    gsp --config /srv/gsp/gsp.toml config check
    """
    settings = deployment.settings
    click.echo(f"{deployment.file}: good, for the gateway of {settings.gateway.domain}")
    if settings.resolve.enabled:
        click.echo(RESOLVE_IS_ON)


@config.command()
def reference() -> None:
    """Print all keys, with types, defaults and meaning, as Markdown."""
    click.echo(reference_page(), nl=False)


def reference_page() -> str:
    """docs/configuration.md, made from the fields of the settings."""
    parts = [_HEAD]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            continue
        parts.append(f"\n## [{name}]\n\n{section.__doc__}\n\n| key | type | default | meaning |\n|---|---|---|---|\n")
        properties = section.model_json_schema()["properties"]
        for key, entry in section.model_fields.items():
            default = "required" if entry.default is PydanticUndefined else f"`{_toml(entry.default)}`"
            parts.append(f"| `{key}` | {_type(properties[key])} | {default} | {entry.description} |\n")
    return "".join(parts)


def _type(schema: dict[str, Any]) -> str:
    alternatives = [other for other in schema.get("anyOf", ()) if other.get("type") != "null"]
    if alternatives:
        return _type(alternatives[0])
    if schema["type"] == "array":
        item = schema.get("items") or schema.get("prefixItems", [{"type": "value"}])[0]
        return f"list of {_type(item)}"
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS if key in schema]
    return " ".join([str(schema.get("format") or schema["type"]), *bounds])


_BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))


def _toml(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'
