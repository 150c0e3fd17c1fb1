"""How each spoken language says numbers: one module for each language."""
