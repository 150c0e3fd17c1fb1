"""The settings of the ways in for people who look after the box: the page, and the console on a serial line and by SSH."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["ConsoleSection", "SshKey", "WebSection"]


@dataclass(frozen=True, kw_only=True)
class WebSection:
    """The page: where it is reached, and how long a login lasts."""

    address: str = setting(
        "127.0.0.1",
        label="Address",
        help="Address at which the page is served; 0.0.0.0 or :: for all networks of the machine.",
        pattern=r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*",
        pattern_says="an IP address",
    )
    port: int = setting(8443, label="Port", help="TCP port of the page; 0: there is no page.", least=0, most=65_535)
    idle_min: int = setting(
        30,
        label="Login ends unused after",
        help="A login ends after this time without use. A live page that is open counts as use.",
        unit="min",
        least=1,
        most=1440,
    )
    login_h: int = setting(12, label="Login ends after", help="A login ends after this time in any case.", unit="h", least=1, most=168)
    logins_most: int = setting(
        200, label="Most logins", help="Logins at one time; one more ends the one that was unused longest.", least=1, most=10_000
    )
    password_tries: int = setting(
        5, label="Wrong passwords until locked", help="Wrong passwords in a row that lock the account.", least=1, most=20
    )
    lock_min: int = setting(
        10, label="Account stays locked", help="How long a locked account stays locked.", unit="min", least=1, most=1440
    )


@dataclass(frozen=True, kw_only=True)
class SshKey:
    """A public key by which a user may use the console without a password."""

    name: str = setting(
        label="Name of the key", help="Name of the key, such as the person's computer.", pattern=NAME, pattern_says=NAME_SAYS
    )
    user: str = setting(
        label="User",
        help="Account that who has the key logs in as.",
        pattern=r"[a-z][a-z0-9._]{1,30}",
        pattern_says="the name of an account",
    )
    key: str = setting(
        label="Public key",
        help="The public key as one line of a .pub file.",
        pattern=r"(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) AAAA[A-Za-z0-9+/]{40,1400}={0,2}( [ -~]{0,100})?",
        pattern_says="a line such as ssh-ed25519 AAAA…",
    )


@dataclass(frozen=True, kw_only=True)
class ConsoleSection:
    """The technician's console beside the local one: on a serial line, and by SSH."""

    serial_device: str = setting(
        "",
        label="Serial line",
        help="Device of the serial line where the console is, such as /dev/ttyS0; empty: none.",
        pattern=r"(/dev/[A-Za-z0-9_][A-Za-z0-9_/:.-]{0,79})?",
        pattern_says="a device below /dev",
    )
    serial_baud: str = setting(
        "115200",
        label="Speed of the serial line",
        help="Speed of the serial line, always with 8 bits, no parity, 1 stop bit.",
        unit="bit/s",
        choices=("9600", "19200", "38400", "57600", "115200"),
    )
    serial_idle_min: int = setting(
        10,
        label="Serial login ends unused after",
        help="A login on the serial line ends after this time without a key.",
        unit="min",
        least=1,
        most=1440,
    )
    serial_language: str = setting(
        "en",
        label="Language of the serial line",
        help="Language until somebody has logged in; many terminals know only English letters.",
        choices=("en", "zh"),
    )
    serial_rescue: bool = setting(
        True,
        label="Rescue at the serial line",
        help="Whoever has the cable may give an account a new password: login name rescue, no password. It raises an alarm.",
    )
    ssh_port: int = setting(0, label="SSH port", help="TCP port of the console by SSH; 0: none.", least=0, most=65_535)
    ssh_address: str = setting(
        "0.0.0.0",  # noqa: S104  # without a port nothing listens; who gives one wants to be reached
        label="SSH address",
        help="Address at which the console is reached by SSH; 0.0.0.0 or :: for all networks of the machine.",
        pattern=r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*",
        pattern_says="an IP address",
    )
    ssh_idle_min: int = setting(
        30, label="SSH login ends unused after", help="A login by SSH ends after this time without a key.", unit="min", least=1, most=1440
    )
    ssh_keys: tuple[SshKey, ...] = setting((), label="SSH keys", help="Public keys that log in without a password.")
    reboot_allowed: bool = setting(
        False,
        label="Reboot allowed",
        help="The whole machine may be rebooted from the console and the page, not only the appliance restarted.",
    )
