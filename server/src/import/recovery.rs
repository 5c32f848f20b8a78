//! 回收记录: a recovery slip a row (S1-12).

use super::{Sheet, cells::Reader, listed::Record, numbers, preset::Field};
use data::recovery;
use domain::{clock, event::content_hash, trade::SlipState};

/// Reads a row.
pub(super) fn read(r: &mut Reader<'_>, sheet: &Sheet<'_>) -> Option<(String, Record)> {
    let number = numbers::slip(r.cell(Field::Number))?;
    if number.day.is_none() {
        r.doubt("回收记录编号不是 HS 加日期加四位序号", "number of an unusual form");
    }
    let created_at = r.instant(Field::At, "创建时间");
    if let (Some(day), Some(at)) = (number.day, created_at)
        && clock::local_date(at) != day
    {
        // Which of the two is wrong the table does not say: both are kept.
        r.doubt(
            format!("编号日期与创建时间不符：{day}，{}", clock::local_date(at)),
            "date in the number differs from the time of creation",
        );
    }
    let customer_name = r.customer(Field::Customer);
    let phone = r.phone(Field::Phone);
    let total = r.pieces(Field::Quantity, "回收总量");
    let state = r.one_of(Field::State, "回收状态", SlipState::ALL, |s| (s.zh(), s.en()));
    let deliverer = r.cell(Field::Deliverer).to_owned();
    let at = created_at.map_or_else(|| r.cell(Field::At).to_owned(), clock::rfc3339);
    let pieces = total.map_or_else(|| r.cell(Field::Quantity).to_owned(), |n| n.to_string());
    let hash = content_hash(&(
        (sheet.ctx.org, &number.number, &customer_name, &phone, &at),
        (&pieces, r.cell(Field::State), &deliverer),
    ));
    let model = recovery::Model {
        id: 0,
        org_id: sheet.ctx.org,
        number: number.number,
        dated_on: number.day,
        created_at,
        customer_name,
        phone,
        total,
        state: state.map_or("", SlipState::code).to_owned(),
        deliverer,
        doubts: String::new(),
        run_id: 0,
    };
    Some((hash, Record::Slip(model)))
}
