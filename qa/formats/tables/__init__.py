"""Any table of comments, whatever made it: CSV, TSV, JSON, JSON lines, recognised by the names of its columns."""
