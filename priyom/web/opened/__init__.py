"""Who has looked at whose personal data: read by those who answer for it."""
