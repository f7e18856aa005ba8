"""Tables that people bring (CSV, XLSX): reading, mapping of columns, checking of rows, loading. Everything but `load`,
`bulk` and `refused` is plain Python and decides without a database."""
