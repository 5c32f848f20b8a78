//! What a form asks to be done with a task.

use super::{Act, NOTE_MAX};
use crate::{
    check::chosen,
    form::{Fault, Reader, Values},
};

/// Fields of an act, in the order of the form.
pub const ACT_FIELDS: [&str; 4] = ["act", "to", "note", "seen"];

/// What is to be done with a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What: hand over, close, remark.
    pub act: Act,
    /// To whom: an account, or 0 for whoever can.
    pub to: i64,
    /// Why.
    pub note: String,
    /// Steps when it was looked at.
    pub seen: i64,
}

/// Reads what is to be done with a task.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn act(values: &Values) -> Result<Asked, Vec<Fault>> {
    let mut r = Reader::new(values);
    let ours = |a: &Act| matches!(a, Act::Hand | Act::Close | Act::Remark);
    let act = chosen(&mut r, "act", true, |code| Act::from_code(code).filter(ours));
    let to = match act {
        Some(Act::Hand) if r.text("to", 20) != "0" => r.id("to"),
        _ => 0,
    };
    let note = r.prose("note", NOTE_MAX);
    if note.is_empty() && matches!(act, Some(Act::Close | Act::Remark)) {
        r.fault("note", "请填写此项", "fill this in");
    }
    let seen = r.count("seen", i64::from(i32::MAX)).unwrap_or_default();
    r.done()?;
    let Some(act) = act else { return Err(vec![]) };
    Ok(Asked { act, to, note, seen })
}
