"""The routes: one module a noun, each with its ``router``; a new module is served without being named anywhere."""
