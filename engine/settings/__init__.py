"""Settings: one frozen dataclass per section, every field with default, unit, range and help; together one ``Site``."""
