//! The commands, one file each.

pub mod account;
pub mod bench;
pub mod demo;
pub mod demo_posts;
pub mod demo_scale;
pub mod display;
pub mod import;
pub mod papers;
pub mod verify;
pub mod verify_pack;
