//! Seals a visit into a trap address, and opens it again.
