//! Brings mail, access logs and their like from elsewhere into the journal.
