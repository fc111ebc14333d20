"""Pages of HTML, each in one file: what was analysed, compared or explained, drawn."""
