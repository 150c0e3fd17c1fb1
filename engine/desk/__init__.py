"""Everything done by keys on a desk phone: a client of ``engine.control``, as the page and the console are."""
