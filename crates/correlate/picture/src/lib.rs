//! Concentration: which providers the trade depends on.
