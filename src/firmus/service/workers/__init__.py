"""Workers: processes that claim jobs and do them, here or on other machines, and who looks after them."""
