//! Tags as the office works on them: a line of their list, and a binding that is entered by hand.

use crate::{
    codes,
    event::{BindReason, BindTag},
    form::{Fault, Reader, Values},
};
use serde::{Deserialize, Serialize};

/// Names of the fields of a binding, in the order of the form.
pub const FIELDS: [&str; 5] = ["cylinder", "tag", "replaces", "reason", "site"];

/// Reasons for a binding: the word of the form, what is stored, Chinese, English.
pub const REASONS: [(&str, BindReason, &str, &str); 4] = [
    ("new", BindReason::New, "加装标签", "a further tag"),
    ("damaged", BindReason::Damaged, "原标签损坏", "the old one is damaged"),
    ("lost", BindReason::Lost, "原标签脱落", "the old one fell off"),
    ("cloned", BindReason::Cloned, "原标签被仿制", "the old one was cloned"),
];

/// A tag in their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRow {
    /// Code as read.
    pub code: String,
    /// State: 1 bound, 2 void, 3 issued.
    pub state: i16,
    /// 钢印号 of the cylinder it leads to, or led to.
    pub stamp_no: String,
    /// The cylinder's primary tag.
    pub cylinder: String,
    /// Its owner.
    pub org: String,
    /// Series it lies in: its first code and its last serial; empty where it lies in none.
    pub series: String,
}

/// A binding, checked as far as it can be without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// A tag that leads to the cylinder.
    pub cylinder: String,
    /// What is bound to it.
    pub bind: BindTag,
    /// Where it is bound, site id.
    pub site: i64,
}

/// Reads the form.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values) -> Result<Binding, Vec<Fault>> {
    let mut r = Reader::new(values);
    let tag = |r: &mut Reader<'_>, field: &str, needed: bool| {
        let typed = if needed { r.needed(field, 32) } else { r.text(field, 32) };
        let tag = codes::tag(typed).unwrap_or_default();
        if tag.is_empty() && !typed.is_empty() {
            r.fault(field, "标签号只含字母、数字和 - _ .", "a tag holds letters, digits and - _ . only");
        }
        tag
    };
    let cylinder = tag(&mut r, "cylinder", true);
    let new = tag(&mut r, "tag", true);
    let old = tag(&mut r, "replaces", false);
    let word = r.needed("reason", 16);
    let reason = REASONS.iter().find(|x| x.0 == word).map(|x| x.1);
    if reason.is_none() && !word.is_empty() {
        r.fault("reason", "请从列表中选择", "choose one of the list");
    }
    let site = r.id("site");
    if !new.is_empty() && new == old {
        r.fault("replaces", "不能与新标签相同", "not the new tag itself");
    }
    // A tag that is damaged, lost or cloned leads on to the cylinder until it is named as replaced.
    if old.is_empty() && reason.is_some_and(|x| x != BindReason::New) {
        r.fault("replaces", "请填写被换下的标签,它将作废", "name the tag that is replaced: it is void then");
    }
    r.done()?;
    let replaces = (!old.is_empty()).then_some(old);
    Ok(Binding { cylinder, bind: BindTag { tag: new, replaces, reason: reason.unwrap_or(BindReason::New) }, site })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(changes: &[(&str, &str)]) -> Vec<String> {
        let good = [("cylinder", " t 1 "), ("tag", "T2"), ("replaces", "T1"), ("reason", "damaged"), ("site", "3")];
        let mut values: Values = good.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        values.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        read(&values).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        assert_eq!(faults(&[]), [""; 0]);
        assert_eq!(faults(&[("replaces", ""), ("reason", "new")]), [""; 0]);
        for (field, value) in [
            ("cylinder", ""),
            ("cylinder", "瓶"),
            ("tag", ""),
            ("tag", "1/2"),
            ("replaces", "T2"),
            ("replaces", ""),
            ("reason", "because"),
            ("site", "x"),
        ] {
            assert_eq!(faults(&[(field, value)]), [field], "{field} = {value:?}");
        }
        let empty = read(&Values::new()).unwrap_err();
        let named: Vec<&str> = empty.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(named, ["cylinder", "tag", "reason", "site"]);
    }
}
