"""What keeps one's own account one's own: password, second step, passkeys, recovery codes, sessions."""
