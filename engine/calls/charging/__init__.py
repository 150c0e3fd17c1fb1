"""What calls cost and why, as a pure decision over the site's tariffs; what was spent; and the record of each charged call."""
