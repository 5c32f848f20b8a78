//! What anybody sees without an account: pages of one answer, made on the server and whole without a script.

pub mod body;
pub mod case;
pub mod frame;
pub mod news;
pub mod rating;
pub mod scan;
