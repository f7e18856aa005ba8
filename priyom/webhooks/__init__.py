"""What gateways call: verify, store raw, answer. Nothing is interpreted here."""
