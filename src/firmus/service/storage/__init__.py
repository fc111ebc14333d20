"""Storage: the database and the files beside it; one module a table or a concern."""
