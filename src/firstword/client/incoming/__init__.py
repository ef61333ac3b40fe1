"""Any stream of speech, as samples."""
