"""The board contract: what hardware is to the engine. No driver is named here."""
