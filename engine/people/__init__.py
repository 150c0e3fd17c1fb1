"""Who may do what: identities, PIN tries and permissions. Pure."""
