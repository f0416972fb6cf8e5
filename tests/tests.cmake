# Tests that are not one room's unit tests.
