//! The lake seam: all history as Delta tables.
