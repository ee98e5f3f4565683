"""A company to try Ordo with: what it is made of, and a story of its sales."""
