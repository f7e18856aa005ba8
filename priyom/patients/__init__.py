"""People and the addresses at which they can be reached, behind one guarded door (`access`). Records PatientChanged,
PatientMerged, PatientParted, ContactLinked, ContactOpened, ContactLost."""
