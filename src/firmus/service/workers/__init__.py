"""Workers: processes that claim and execute jobs, here or on other machines, and their supervisor."""
