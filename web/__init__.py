"""The page: a client of ``engine/control`` for people with a browser. Templates loop and choose, nothing more."""
