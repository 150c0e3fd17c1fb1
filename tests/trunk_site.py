"""The demo site with an E1 beside its analog lines, for tests of trunks: small, so that a start is quick."""

from __future__ import annotations

from pathlib import Path

from appliance.site_file import demo_site_file

__all__ = ["NUMBER", "trunk_site"]

NUMBER = "88886666"
CHANNELS = 4


def trunk_site(folder: Path, signalling: str = "isdn-user", more: str = "") -> Path:
    """A site file with the trunk ``pri-1`` (or ``r2-1``) on the span ``e1-a``; desk phones call out by it alone."""
    analog = demo_site_file().read_text(encoding="utf-8").replace("flow: main}\n", "flow: main, outgoing: false}\n", CHANNELS)
    name, use, digits = ("r2-1", "r2", len(NUMBER)) if signalling == "r2" else ("pri-1", "pri", 0)
    file = folder / f"site-{name}.yaml"
    file.write_text(
        f"{analog}\nspans:\n  - {{name: e1-a, kind: e1, signalling: {use}}}\ne1_trunks:\n"
        f'  - {{name: {name}, signalling: {signalling}, span: e1-a, channels: "1-{CHANNELS}", number: "{NUMBER}", digits: {digits}, flow: main}}\n{more}',
        encoding="utf-8",
    )
    return file
