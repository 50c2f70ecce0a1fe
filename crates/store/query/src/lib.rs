//! The query seam: SQL over the lake and what has not been flushed yet.
