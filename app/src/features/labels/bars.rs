//! Code 128 (GB/T 18347) as a path.

/// Widths of bars and spaces of each symbol, by its value; the last is the stop.
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
/// Start with the letters of set B.
const START_B: usize = 104;
/// Start with the pairs of digits of set C.
const START_C: usize = 105;
/// On with set B.
const TO_B: usize = 100;
/// The end.
const STOP: usize = 106;
/// Light modules on both sides.
const QUIET: u32 = 10;
/// Height of the bars, in modules.
const HEIGHT: u32 = 30;

/// Values of the symbols, check symbol and stop with them; `None` for what the code cannot hold.
fn symbols(text: &str) -> Option<Vec<usize>> {
    if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| (32..127).contains(&b)) {
        return None;
    }
    let of_b = |b: u8| usize::from(b) - 32;
    let digits = text.len() >= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let mut out = Vec::with_capacity(text.len() + 4);
    if digits {
        // Two digits a symbol; an odd one at the end stands by itself.
        out.push(START_C);
        for pair in text.as_bytes().chunks(2) {
            match pair {
                [a, b] => out.push(usize::from(a - b'0') * 10 + usize::from(b - b'0')),
                [one] => out.extend([TO_B, of_b(*one)]),
                _ => return None,
            }
        }
    } else {
        out.push(START_B);
        out.extend(text.bytes().map(of_b));
    }
    let weighted: usize = out.iter().enumerate().map(|(i, v)| v * Ord::max(i, 1)).sum();
    out.extend([weighted % 103, STOP]);
    Some(out)
}

/// The bars of a text, and its modules with the quiet zones; `None` for what the code cannot hold.
pub fn path(text: &str) -> Option<(String, u32)> {
    let (mut out, mut at) = (String::new(), QUIET);
    for symbol in symbols(text)? {
        for (i, width) in WIDTHS.get(symbol)?.bytes().map(|b| u32::from(b - b'0')).enumerate() {
            if i % 2 == 0 {
                out.push_str(&format!("M{at} 0h{width}v{HEIGHT}h-{width}z"));
            }
            at += width;
        }
    }
    Some((out, at + QUIET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_standard() {
        // Each symbol is eleven modules wide, its bars an even number of them; the stop is thirteen wide.
        for (value, widths) in WIDTHS.iter().enumerate() {
            let all: u32 = widths.bytes().map(|b| u32::from(b - b'0')).sum();
            let bars: u32 = widths.bytes().step_by(2).map(|b| u32::from(b - b'0')).sum();
            assert_eq!((all, bars % 2), (if value == STOP { 13 } else { 11 }, 0), "{value}");
        }
        let each: std::collections::BTreeSet<&str> = WIDTHS.into_iter().collect();
        assert_eq!(each.len(), WIDTHS.len());
    }

    /// Reads bars as a scanner does: dark and light in runs, symbol by symbol.
    fn scanned(path: &str, width: u32) -> String {
        let mut dark = vec![false; width as usize];
        for bar in path.split('z').filter(|b| !b.is_empty()) {
            let (at, rest) = bar.trim_start_matches('M').split_once(" 0h").unwrap();
            let wide: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let at: usize = at.parse().unwrap();
            dark[at..at + wide].fill(true);
        }
        let quiet = QUIET as usize;
        assert!(!dark[..quiet].contains(&true) && !dark[dark.len() - quiet..].contains(&true));
        let modules = &dark[quiet..dark.len() - quiet];
        let runs: Vec<usize> = modules.chunk_by(|a, b| a == b).map(<[bool]>::len).collect();
        let text = |runs: &[usize]| runs.iter().map(ToString::to_string).collect::<String>();
        let (body, stop) = runs.split_at(runs.len() - 7);
        assert_eq!(text(stop), WIDTHS[STOP]);
        let values: Vec<usize> =
            body.chunks(6).map(|six| WIDTHS.iter().position(|w| *w == text(six)).unwrap()).collect();
        let (check, values) = values.split_last().unwrap();
        let sum = values[0] + values.iter().enumerate().map(|(i, v)| i * v).sum::<usize>();
        assert_eq!(*check, sum % 103);
        let mut pairs = values[0] == START_C;
        assert!(pairs || values[0] == START_B);
        let mut out = String::new();
        for v in &values[1..] {
            match (pairs, *v) {
                (true, TO_B) => pairs = false,
                (true, v) => out.push_str(&format!("{v:02}")),
                (false, v) => out.push(char::from(u8::try_from(v).unwrap() + 32)),
            }
        }
        out
    }

    #[test]
    fn what_is_drawn_is_read_back() {
        for text in ["01101000001", "0110100001", "4904410522", "T1", "123", "T-1_A.9", "00", " ~"] {
            let (bars, width) = path(text).unwrap();
            assert_eq!(scanned(&bars, width), text);
        }
        // Two digits a symbol: start, five pairs, the set, the last digit, check and stop.
        assert_eq!(path("01101000001").unwrap().1, 9 * 11 + 13 + 2 * QUIET);
        for text in ["", "瓶", "a\u{7f}", &"1".repeat(65)] {
            assert_eq!(path(text), None, "{text}");
        }
    }

    #[test]
    fn the_check_symbol_is_that_of_the_standards_example() {
        // The example that is worked everywhere, in set A there: the same values in set B but for its start, one less.
        let all = symbols("PJJ123C").unwrap();
        assert_eq!(all[all.len() - 2], 55);
    }
}
