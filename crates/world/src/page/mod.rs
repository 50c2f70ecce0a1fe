//! What visitors make of a page: the addresses that they take from it, the links and the form that they find.

mod addresses;
mod entities;
mod form;
mod links;
mod mangling;
mod robots;
mod tag;

pub use addresses::{Skill, addresses};
pub(crate) use form::first_form;
pub(crate) use links::links;
pub use mangling::Mangling;
pub(crate) use robots::Disallowed;
