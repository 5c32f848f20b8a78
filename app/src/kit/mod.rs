//! What pages share: written once, not generic inside.

pub mod area;
pub mod boxes;
pub mod browser;
pub mod detail;
pub mod entered;
pub mod export;
pub mod form;
pub mod format;
pub mod icon;
pub mod list;
pub mod mark;
pub mod nav;
pub mod outline;
pub mod page;
pub mod pages;
pub mod table;
pub mod told;
pub mod who;
