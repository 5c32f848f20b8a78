//! Bodies nobody should send.

use super::gun::{Batch, Gun};
use rand::RngExt;
use serde_json::Value;

/// Values that fit no field.
const WRONG: [&str; 24] = [
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "-1",
    "0",
    "1.5",
    "1e999",
    "-1e999",
    "99999999999999999999999999",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "1e-400",
    "[[1]]",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"+262142-12-31T23:59:59Z\"",
    "\"-0001-01-01T00:00:00+24:00\"",
    "\"2026-02-30T25:61:61Z\"",
    "\"\u{202e}\u{feff}🛢\u{301}\"",
];

/// A valid body of a route; a list of nothing where the route takes none.
pub fn valid(route: &str, gun: &Gun, seq: u64, records: u64) -> Vec<u8> {
    let list = |v: serde_json::Result<Vec<u8>>| v.unwrap_or_default();
    if route.ends_with("/authorize") {
        list(serde_json::to_vec(&gun.question(format!("h{seq:020}"), seq)))
    } else if route.ends_with("/events") {
        list(serde_json::to_vec(&Batch { records: &(seq..seq + records).map(|s| gun.custody(s)).collect::<Vec<_>>() }))
    } else if route.ends_with("cylinder_history") {
        format!("{{\"code\":\"{}\"}}", gun.tags[0]).into_bytes()
    } else {
        list(serde_json::to_vec(&Batch { records: &(seq..seq + records).map(|s| gun.fill(s)).collect::<Vec<_>>() }))
    }
}

/// The text with one of its values (a number, a word or a string behind a colon) replaced.
fn replaced(text: &[u8], by: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).into_owned();
    let colons: Vec<usize> = text.match_indices("\":").map(|(i, _)| i + 2).collect();
    if colons.is_empty() {
        return by.into();
    }
    let at = colons[rand::rng().random_range(0..colons.len())];
    let rest = &text[at..];
    let end = match rest.strip_prefix('"') {
        Some(inside) => inside.find('"').map_or(rest.len(), |i| i + 2),
        None => rest.find([',', '}', ']']).unwrap_or(rest.len()),
    };
    format!("{}{by}{}", &text[..at], &rest[end..]).into_bytes()
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..rand::rng().random_range(1..8) {
        if bytes.is_empty() {
            break;
        }
        let at = rand::rng().random_range(0..bytes.len());
        bytes[at] = rand::random();
    }
    bytes
}

fn with_twice(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    text.replacen("{\"", "{\"epoch\":1,\"records\":[],\"tag\":\"X\",\"tag\":\"Y\",\"code\":1,\"", 2).into_bytes()
}

/// The `n`-th hostile body for a route.
pub fn hostile(route: &str, gun: &Gun, n: usize) -> Vec<u8> {
    let seq = 1 + n as u64;
    let good = valid(route, gun, seq, 3);
    match n % 20 {
        0..=4 => replaced(&good, WRONG[(n / 20 * 5 + n % 20) % WRONG.len()]),
        5 => flipped(good),
        6 => ["[", "{\"records\":", "{\"a\":["][n / 20 % 3].repeat(50_000).into_bytes(),
        7 => replaced(&good, &format!("\"{}\"", "A".repeat(100_000))),
        8 => {
            let at = good.len() / 2;
            [&good[..at], &[0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80], &good[at..]].concat()
        }
        9 => good[..rand::rng().random_range(0..good.len().max(1))].to_vec(),
        10 => [good.as_slice(), b" ".repeat(3 * 1024 * 1024).as_slice()].concat(),
        11 => valid(route, gun, seq, 1_001),
        12 => with_twice(&good),
        13 => vec![],
        14 => WRONG[n / 20 % WRONG.len()].as_bytes().to_vec(),
        15 => (0..rand::rng().random_range(1..4_096)).map(|_| rand::random()).collect(),
        16 => [b"\xef\xbb\xbf".as_slice(), &good].concat(),
        17 => String::from_utf8_lossy(&good).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        18 => twisted(&good),
        // Honest, with numbers far apart: gaps, leaps and late ones.
        _ => valid(route, gun, rand::rng().random_range(1..u64::from(u32::MAX)) << rand::rng().random_range(0..22), 2),
    }
}

/// The same values, in the wrong places.
fn twisted(good: &[u8]) -> Vec<u8> {
    let Ok(mut v) = serde_json::from_slice::<Value>(good) else { return good.to_vec() };
    if let Some(list) = v.get_mut("records").and_then(Value::as_array_mut) {
        let copy = list.clone();
        list.push(Value::Array(copy));
        list.push(Value::String("\u{0}".into()));
        if let Some(o) = list[0].as_object_mut() {
            o.retain(|k, _| k != "seq");
            o.insert("__proto__".into(), Value::Null);
        }
    } else if let Some(o) = v.as_object_mut() {
        o.retain(|k, _| k != "tag");
    }
    serde_json::to_vec(&v).unwrap_or_default()
}
