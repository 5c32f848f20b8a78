//! 客户: a customer a row (S1-07).

use super::{
    Sheet,
    cells::{Reader, identity},
    listed::Record,
    numbers,
    preset::Field,
};
use data::customer;
use domain::{
    event::content_hash,
    trade::{CustomerKind, CustomerState},
};

/// The division of a customer: that of its number, which an enterprise gave for good; the printed one only where the
/// number says none. Where the two disagree the number stands and the row is flagged.
fn division(r: &mut Reader<'_>, sheet: &Sheet<'_>, number: &str) -> Option<i32> {
    let region = r.cell(Field::Region);
    let said = numbers::division_of(number);
    if said.is_none() {
        r.doubt("客户编号不是六位行政区划加四位序号", "number of an unusual form");
    }
    match said.filter(|d| sheet.reference.knows(*d)) {
        Some(code) => {
            if !sheet.reference.is_region(code, region) {
                let name = sheet.reference.full_name(code);
                r.doubt(
                    format!("行政区域与编号不符：原文「{}」，编号 {code} 为{name}", super::cells::quote(region)),
                    "division does not match the number",
                );
            }
            Some(code)
        }
        None => {
            if let Some(code) = said {
                r.doubt(format!("编号前六位不是已知的行政区划：{code}"), "division of the number unknown");
            }
            let found = sheet.reference.resolve(region);
            if found.is_none() {
                r.doubt("行政区域无法确定", "division unknown");
            }
            found
        }
    }
}

/// Reads a row.
pub(super) fn read(r: &mut Reader<'_>, sheet: &Sheet<'_>) -> Option<(String, Record)> {
    let number = identity(r.cell(Field::Number))?;
    let division = division(r, sheet, &number);
    let name = r.customer(Field::Customer);
    let address = r.address(Field::Address);
    let contact = r.contact(Field::Contact);
    let phone = r.phone(Field::Phone);
    let state = r.one_of(Field::State, "客户状态", CustomerState::ALL, |s| (s.zh(), s.en()));
    let kind = r.one_of(Field::CustomerKind, "客户类型", CustomerKind::ALL, |k| (k.zh(), k.en()));
    let region = r.cell(Field::Region).to_owned();
    let hash = content_hash(&(
        (sheet.ctx.org, &number, &name, &address, &region),
        (&contact, &phone, r.cell(Field::State), r.cell(Field::CustomerKind)),
    ));
    let model = customer::Model {
        id: 0,
        org_id: sheet.ctx.org,
        number,
        name,
        address,
        division,
        region,
        contact,
        phone,
        state: state.map_or("", CustomerState::code).to_owned(),
        kind: kind.map_or("", CustomerKind::code).to_owned(),
        doubts: String::new(),
        run_id: 0,
    };
    Some((hash, Record::Customer(model)))
}
