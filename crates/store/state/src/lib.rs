//! The state: a projection of the events.
