//! What anybody sees without an account: pages of one answer, made on the server and whole without a script.

pub mod case;
pub mod frame;
pub mod rating;
pub mod scan;
