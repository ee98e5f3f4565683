"""The routing room: demand, supply and rules in, a plan out. Pure."""
