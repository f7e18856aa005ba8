"""What patients say, one thread per person over all channels, and the call tasks of the registrars.
Records PatientReplied, CallTaskOpened, CallTaskClosed."""
