"""Small tools named by thing: clock, http, encryption, phone, sql. Every room may use them; they know no room."""
