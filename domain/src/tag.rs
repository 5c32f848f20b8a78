//! Tags as the office works on them: a line of their list, and a binding that is entered by hand.

use crate::{
    codes,
    event::{BindReason, BindTag, VoidReason, VoidTag},
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

/// A tag of a form, normalised; empty where it is none.
fn tag(r: &mut Reader<'_>, field: &str, needed: bool) -> String {
    let typed = if needed { r.needed(field, 32) } else { r.text(field, 32) };
    let tag = codes::tag(typed).unwrap_or_default();
    if tag.is_empty() && !typed.is_empty() {
        r.fault(field, "标签号只含字母、数字和 - _ .", "a tag holds letters, digits and - _ . only");
    }
    tag
}

/// That somebody means it.
fn sure(r: &mut Reader<'_>) {
    if r.text("sure", 8) != "yes" {
        r.fault("sure", "请确认", "confirm it");
    }
}

/// Names of the fields of a voiding, in the order of the form.
pub const VOID_FIELDS: [&str; 5] = ["tag", "reason", "note", "site", "sure"];

/// Reasons for a voiding: the word of the form, what is stored, Chinese, English.
pub const VOID_REASONS: [(&str, VoidReason, &str, &str); 4] = [
    ("damaged", VoidReason::Damaged, "损坏", "damaged"),
    ("lost", VoidReason::Lost, "遗失或脱落", "lost or fallen off"),
    ("cloned", VoidReason::Cloned, "被仿制", "cloned"),
    ("unused", VoidReason::Unused, "错发或不再使用", "not to be used"),
];

/// A voiding without another tag in its place, checked as far as it can be without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voiding {
    /// What is voided, and why.
    pub void: VoidTag,
    /// Where it is said, site id.
    pub site: i64,
}

/// Reads the form of a voiding.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_void(values: &Values) -> Result<Voiding, Vec<Fault>> {
    let mut r = Reader::new(values);
    let code = tag(&mut r, "tag", true);
    let word = r.needed("reason", 16);
    let reason = VOID_REASONS.iter().find(|x| x.0 == word).map(|x| x.1);
    if reason.is_none() && !word.is_empty() {
        r.fault("reason", "请从列表中选择", "choose one of the list");
    }
    let note = r.text("note", 200).to_owned();
    let site = r.id("site");
    sure(&mut r);
    r.done()?;
    Ok(Voiding { void: VoidTag { tag: code, reason: reason.unwrap_or(VoidReason::Unused), note }, site })
}

/// Names of the fields of an issue, in the order of the form.
pub const ISSUE_FIELDS: [&str; 7] = ["org", "enterprise", "medium", "first", "last", "remark", "sure"];

/// Largest serial: six digits.
pub const SERIAL_MAX: i32 = 999_999;

/// A series of tags that is issued to an organisation (标签发放), checked as far as it can be without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Organisation that gets them.
    pub org: i64,
    /// Enterprise code, three digits.
    pub enterprise: String,
    /// Medium code, two digits.
    pub medium: String,
    /// First serial.
    pub first: i32,
    /// Last serial.
    pub last: i32,
    /// 备注
    pub remark: String,
}

impl Issue {
    /// Pieces.
    #[must_use]
    pub const fn quantity(&self) -> i32 {
        self.last - self.first + 1
    }

    /// A tag of it.
    #[must_use]
    pub fn code(&self, serial: i32) -> String {
        format!("{}{}{serial:06}", self.enterprise, self.medium)
    }
}

/// Reads the form of an issue.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_issue(values: &Values) -> Result<Issue, Vec<Fault>> {
    let mut r = Reader::new(values);
    let org = r.id("org");
    let enterprise = codes::half_width(r.needed("enterprise", 8));
    if !enterprise.is_empty() && (enterprise.len() != 3 || !enterprise.bytes().all(|b| b.is_ascii_digit())) {
        r.fault("enterprise", "应为三位数字,如 011", "three digits such as 011");
    }
    let medium = r.needed("medium", 8).to_owned();
    if !medium.is_empty() && (medium.len() != 2 || !medium.bytes().all(|b| b.is_ascii_digit())) {
        r.fault("medium", "请从列表中选择", "choose one of the list");
    }
    let serial = |r: &mut Reader<'_>, field: &str| {
        let typed = codes::half_width(r.needed(field, 8));
        let n = typed.parse::<i32>().ok().filter(|n| (1..=SERIAL_MAX).contains(n));
        if n.is_none() && !typed.is_empty() {
            r.fault(field, "应为 1 到 999999 的整数", "a whole number from 1 to 999999");
        }
        n
    };
    let first = serial(&mut r, "first");
    let last = serial(&mut r, "last");
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        r.fault("last", "不能小于起始序号", "not before the first serial");
    }
    let remark = r.text("remark", 200).to_owned();
    sure(&mut r);
    r.done()?;
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    Ok(Issue { org, enterprise, medium, first, last, remark })
}

/// A series in the list of series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRow {
    /// Id.
    pub id: i64,
    /// First code.
    pub first: String,
    /// Last code, where the quantity is known.
    pub last: String,
    /// Organisation that has it.
    pub org: String,
    /// Medium as the list says it.
    pub medium: String,
    /// Pieces, where known.
    pub quantity: Option<i32>,
    /// Of them those bound to a cylinder.
    pub bound: i64,
    /// Of them those that are void.
    pub void: i64,
    /// 备注
    pub remark: String,
    /// Doubts, one a line.
    pub doubts: String,
}

/// Reads the form.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values) -> Result<Binding, Vec<Fault>> {
    let mut r = Reader::new(values);
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

    fn given(pairs: &[(&str, &str)], changes: &[(&str, &str)]) -> Values {
        pairs.iter().chain(changes).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn named(faults: Vec<Fault>) -> Vec<String> {
        faults.into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_voiding_is_meant_and_has_its_reason() {
        let good = [("tag", " t 1 "), ("reason", "lost"), ("site", "3"), ("sure", "yes")];
        let v = read_void(&given(&good, &[])).unwrap();
        assert_eq!((v.void.tag.as_str(), v.void.reason, v.site), ("T1", VoidReason::Lost, 3));
        for (field, value) in [("tag", ""), ("tag", "瓶"), ("reason", "x"), ("site", "0"), ("sure", ""), ("sure", "no")]
        {
            let faults = named(read_void(&given(&good, &[(field, value)])).unwrap_err());
            assert_eq!(faults, [field], "{field} = {value:?}");
        }
        assert_eq!(named(read_void(&Values::new()).unwrap_err()), ["tag", "reason", "site", "sure"]);
    }

    #[test]
    fn an_issue_is_a_stretch_of_serials() {
        let good =
            [("org", "7"), ("enterprise", "011"), ("medium", "01"), ("first", "1"), ("last", "1500"), ("sure", "yes")];
        let i = read_issue(&given(&good, &[])).unwrap();
        assert_eq!(
            (i.quantity(), i.code(i.first), i.code(i.last)),
            (1_500, "01101000001".into(), "01101001500".into())
        );
        for (field, value) in [
            ("org", "x"),
            ("enterprise", "11"),
            ("enterprise", "01A"),
            ("medium", "1"),
            ("first", "0"),
            ("first", "1000000"),
            ("last", "-1"),
            ("last", "1e3"),
            ("sure", ""),
        ] {
            let faults = named(read_issue(&given(&good, &[(field, value)])).unwrap_err());
            assert_eq!(faults, [field], "{field} = {value:?}");
        }
        assert_eq!(named(read_issue(&given(&good, &[("first", "1501")])).unwrap_err()), ["last"]);
        let all = named(read_issue(&Values::new()).unwrap_err());
        assert_eq!(all, ["org", "enterprise", "medium", "first", "last", "sure"]);
    }
}
