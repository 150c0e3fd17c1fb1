"""What everything else stands on: state machines, their runner, the clock, the fact bus, ids, errors, texts."""
