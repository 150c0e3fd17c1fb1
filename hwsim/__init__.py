"""The simulator: a driver without a card, an exchange, telephones and people, in virtual or real time."""
