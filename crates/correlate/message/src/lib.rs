//! What a raw message says: headers and its Received chain.
