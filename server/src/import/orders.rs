//! 订单: an order a row (S1-11).

use super::{Sheet, cells::Reader, listed::Record, numbers, preset::Field};
use data::order;
use domain::{event::content_hash, trade::OrderState};

/// The media of an order, as a list prints them: `氢气/氧气`.
fn media(cell: &str) -> Vec<&str> {
    cell.split(['/', '／', '、', ',', '，', ';', '；', '+']).map(str::trim).filter(|m| !m.is_empty()).collect()
}

/// The lines. A list prints one total over all media, so only an order of a single medium says how many of which.
fn lines(r: &mut Reader<'_>, sheet: &Sheet<'_>, totals: (Option<i64>, Option<i64>)) -> Vec<order::line::Model> {
    let words = media(r.cell(Field::Medium));
    let (wanted, delivered) = match words.as_slice() {
        [_] => totals,
        [] => {
            r.doubt("介质缺失", "medium missing");
            (None, None)
        }
        [..] => {
            r.doubt("多种介质只有合计数量", "no quantity for each medium");
            (None, None)
        }
    };
    let mut out = Vec::with_capacity(words.len());
    for word in words {
        let medium = sheet.reference.medium(word).map(|(code, _, _)| code.to_owned());
        if medium.is_none() {
            r.doubt(format!("介质不在介质表：原文「{}」", super::cells::quote(word)), "medium unknown");
        }
        out.push(order::line::Model {
            order_id: 0,
            position: 0,
            medium: medium.unwrap_or_default(),
            medium_name: word.to_owned(),
            wanted,
            delivered,
        });
    }
    out
}

/// Compares what the list calls the order with what its quantities say. The said state stands: pieces may be missing from
/// the list as well as the state may be old, and which it is cannot be read off the row.
fn judge(r: &mut Reader<'_>, state: Option<OrderState>, wanted: Option<i64>, delivered: Option<i64>) {
    if let (Some(w), Some(d)) = (wanted, delivered)
        && d > w
    {
        r.doubt(format!("派送总量超过需求总量：{d}，{w}"), "more delivered than wanted");
    }
    if let Some(said) = state
        && !said.agrees(wanted, delivered)
    {
        let pieces = |n: Option<i64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let found = OrderState::by_quantities(wanted, delivered).map_or("无法判断", OrderState::zh);
        r.doubt(
            format!(
                "订单状态与数量不符：「{}」，需求 {} 已派送 {}，按数量为{found}",
                said.zh(),
                pieces(wanted),
                pieces(delivered)
            ),
            "state contradicts the quantities",
        );
    }
}

/// Reads a row.
pub(super) fn read(r: &mut Reader<'_>, sheet: &Sheet<'_>) -> Option<(String, Record)> {
    let number = numbers::order(r.cell(Field::Number))?;
    if number.restored {
        r.doubt(format!("订单编号前缀缺失：原文以 00 印出或丢失，按 {} 登记", number.number), "prefix read as DD");
    } else if number.day.is_none() {
        r.doubt("订单编号不是 DD 加日期加四位序号", "number of an unusual form");
    }
    let customer_name = r.customer(Field::Customer);
    let address = r.address(Field::Address);
    let contact = r.contact(Field::Contact);
    let phone = r.phone(Field::Phone);
    let wanted = r.pieces(Field::Quantity, "需求总量");
    if wanted.is_none_or(|n| n == 0) {
        r.doubt("需求总量缺失或为零", "nothing wanted");
    }
    let delivered = r.pieces(Field::Delivered, "派送总量");
    let state = r.one_of(Field::State, "订单状态", OrderState::ALL, |s| (s.zh(), s.en()));
    judge(r, state, wanted, delivered);
    let lines = lines(r, sheet, (wanted, delivered));
    let deliverer = r.cell(Field::Deliverer).to_owned();
    // A quantity counts as what it says, or else as what is written.
    let said = |n: Option<i64>, field| n.map_or_else(|| r.cell(field).to_owned(), |n| n.to_string());
    let hash = content_hash(&(
        (sheet.ctx.org, &number.number, &customer_name, &address, &contact, &phone),
        (r.cell(Field::Medium), said(wanted, Field::Quantity), said(delivered, Field::Delivered)),
        (r.cell(Field::State), &deliverer),
    ));
    let model = order::Model {
        id: 0,
        org_id: sheet.ctx.org,
        number: number.number,
        dated_on: number.day,
        customer_name,
        address,
        contact,
        phone,
        wanted,
        delivered,
        state: state.map_or("", OrderState::code).to_owned(),
        deliverer,
        doubts: String::new(),
        run_id: 0,
    };
    Some((hash, Record::Order(model, lines)))
}
