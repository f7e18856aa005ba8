"""Tables of visits and patients: upload, mapping, preview, progress, report."""
