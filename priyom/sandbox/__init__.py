"""All emulators in one server, the phones' page, the demo clinic and the clock that can be turned. Absent in production."""
