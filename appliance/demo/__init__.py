"""The demo site: what a new appliance starts with."""
