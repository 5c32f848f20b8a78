//! Which rows are the header: titles stand above it, and merged cells spread it over two rows.

use super::{
    error::Problem,
    preset,
    read::{Grid, Row, Table},
};
use std::collections::HashSet;

/// Rows among which the header is looked for.
const SEARCH: usize = 30;

/// Splits rows into preamble, header and data.
pub(super) fn split(mut grid: Grid, name: &str) -> Result<Table, Problem> {
    if grid.rows.is_empty() {
        return Err(Problem::Empty);
    }
    let known = preset::vocabulary();
    let (at, height) = by_words(&grid.rows, &known).unwrap_or_else(|| by_shape(&grid.rows));
    let header = match height {
        2 => combine(&grid.rows[at].cells, &grid.rows[at + 1].cells, &known),
        _ => grid.rows[at].cells.clone(),
    };
    let mut rows = grid.rows.split_off(at + height);
    let preamble = grid.rows.drain(..at).collect();
    // A table printed over many pages repeats its header.
    let key = folded(&header);
    rows.retain(|r| {
        let repeat = folded(&r.cells) == key;
        if repeat && grid.notes.len() < 50 {
            let n = r.line;
            grid.notes.push(format!("第 {n} 行重复表头，已跳过 (line {n} repeats the header and was skipped)"));
        }
        !repeat
    });
    if rows.is_empty() {
        return Err(Problem::NoRows);
    }
    Ok(Table {
        name: name.to_owned(),
        header,
        rows,
        preamble,
        encoding: grid.encoding,
        sheet: grid.sheet,
        is_1904: grid.is_1904,
        notes: grid.notes,
    })
}

fn folded(cells: &[String]) -> Vec<String> {
    cells.iter().map(|c| preset::fold(c)).collect()
}

/// The row, or pair of rows, that holds the most words a preset knows.
fn by_words(rows: &[Row], known: &HashSet<String>) -> Option<(usize, usize)> {
    let count = |cells: &[String]| {
        cells.iter().map(|c| preset::fold(c)).filter(|c| known.contains(c)).collect::<HashSet<_>>().len()
    };
    let single = |r: &Row| count(&r.cells);
    let mut best = (0, 0, 1);
    for (i, row) in rows.iter().take(SEARCH).enumerate() {
        let alone = single(row);
        if alone > best.0 {
            best = (alone, i, 1);
        }
        if let Some(next) = rows.get(i + 1) {
            let pair = count(&combine(&row.cells, &next.cells, known));
            if pair > best.0.max(alone).max(single(next)) {
                best = (pair, i, 2);
            }
        }
    }
    // One word may stand in a title; two are a header.
    (best.0 >= 2).then_some((best.1, best.2))
}

/// Without known words: the first row that is as wide as the table, and a second one that fills its gaps.
fn by_shape(rows: &[Row]) -> (usize, usize) {
    let filled = |r: &Row| r.cells.iter().filter(|c| !c.is_empty()).count();
    let widest = rows.iter().take(SEARCH).map(filled).max().unwrap_or(0);
    let at = rows.iter().take(SEARCH).position(|r| filled(r) * 5 >= widest * 3).unwrap_or(0);
    let pair = rows.get(at + 1).filter(|_| rows.len() > at + 2).is_some_and(|next| {
        let top = &rows[at].cells;
        let blank = |cells: &[String], i: usize| cells.get(i).is_none_or(String::is_empty);
        let width = top.len().max(next.cells.len());
        let fills = (0..width).any(|i| blank(top, i) && !blank(&next.cells, i));
        let leaves = (0..width).any(|i| !blank(top, i) && blank(&next.cells, i));
        fills && leaves && !next.cells.iter().any(|c| c.bytes().any(|b| b.is_ascii_digit()))
    });
    (at, if pair { 2 } else { 1 })
}

/// One header out of two rows. A merged cell shows its text at its left or upper end only: the upper text is carried to
/// the right over blanks, as far as the lower row has text.
fn combine(top: &[String], bottom: &[String], known: &HashSet<String>) -> Vec<String> {
    let is_known = |s: &str| known.contains(&preset::fold(s));
    let mut carried = String::new();
    (0..top.len().max(bottom.len()))
        .map(|i| {
            let own = top.get(i).map_or("", String::as_str);
            let low = bottom.get(i).map_or("", String::as_str);
            if !own.is_empty() || low.is_empty() {
                own.clone_into(&mut carried);
            }
            let joined = format!("{carried}{low}");
            if low.is_empty() {
                own.to_owned()
            } else if is_known(&joined) {
                joined
            } else if is_known(low) || carried.is_empty() {
                low.to_owned()
            } else if is_known(own) {
                own.to_owned()
            } else {
                format!("{carried} {low}")
            }
        })
        .collect()
}
