"""The centre of the house: the words, the contracts and every decision. Imports no adapter."""
