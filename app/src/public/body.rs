//! The text of a post on the public's page. It is clean when it comes; here it gets what a page needs beside: the size of pictures, so that
//! nothing jumps while they load, and a box of its own for a table that is wider than a telephone.

use domain::{attachment::Attachment, post::tag_end};
use std::{collections::HashMap, fmt::Write};

/// Files by their tokens.
pub type Files = HashMap<String, (Attachment, i64)>;

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[from..].split('"').next()
}

/// The size of the file that a tag shows, as attributes; nothing where it has one, or shows a preview.
fn size(tag: &str, files: &Files) -> String {
    let token = attribute(tag, "src").and_then(|s| s.strip_prefix("/files/")).unwrap_or_default();
    match files.get(token) {
        Some((f, _)) if f.width > 0 && f.height > 0 && attribute(tag, "width").is_none() => {
            format!(" width=\"{}\" height=\"{}\"", f.width, f.height)
        }
        _ => String::new(),
    }
}

/// Clean HTML as the page shows it. `cover` is the token of the picture that stands for a film that has none of its own; `table` says what a
/// table is, for whoever hears the page.
#[must_use]
pub fn dressed(body: &str, files: &Files, cover: &str, table: &str) -> String {
    let mut out = String::with_capacity(body.len() + 512);
    let mut rest = body;
    let mut pictures = 0;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (tag, after) = rest.split_at(tag_end(rest));
        let open = tag.strip_suffix('>').unwrap_or(tag);
        let is = |name: &str| open.strip_prefix(name).is_some_and(|r| r.is_empty() || r.starts_with(' '));
        // Writing to a string does not fail.
        let _ = if is("<img") {
            pictures += 1;
            let lazy = if pictures > 1 { " loading=\"lazy\"" } else { "" };
            let alt = if attribute(tag, "alt").is_none() { " alt=\"\"" } else { "" };
            write!(out, "{open}{}{alt}{lazy} decoding=\"async\">", size(tag, files))
        } else if is("<video") {
            let poster = if attribute(tag, "poster").is_none() && !cover.is_empty() {
                format!(" poster=\"/files/{cover}\"")
            } else {
                String::new()
            };
            write!(out, "{open}{}{poster} playsinline>", size(tag, files))
        } else if is("<table") {
            write!(out, "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"{table}\">{tag}")
        } else if is("<pre") {
            write!(out, "{open} tabindex=\"0\">")
        } else if tag == "</table>" {
            write!(out, "{tag}</div>")
        } else {
            write!(out, "{tag}")
        };
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attachment::Format;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "ffffffffffffffffffffffffffffffff";

    fn files() -> Files {
        let of = |token: &str, format, width, height| {
            let f = Attachment {
                token: token.into(),
                format,
                name: "x".into(),
                bytes: 1,
                sha256: String::new(),
                width,
                height,
                seconds: 0,
            };
            (token.to_owned(), (f, 0))
        };
        Files::from([of(A, Format::Jpeg, 1_920, 1_080), of(B, Format::Mp4, 640, 360)])
    }

    #[test]
    fn pictures_and_films_say_their_size_and_tables_scroll() {
        let body = format!(
            "<p>a &lt; b</p><img src=\"/files/{A}\" alt=\"a > b\"><img src=\"/files/{A}\"><video src=\"/files/{B}\" \
             controls=\"\" preload=\"metadata\"></video><table><tbody><tr><td>一</td></tr></tbody></table>"
        );
        let html = dressed(&body, &files(), A, "表格");
        assert!(
            html.starts_with(&format!(
                "<p>a &lt; b</p><img src=\"/files/{A}\" alt=\"a > b\" width=\"1920\" height=\"1080\" decoding=\"async\"><img"
            )),
            "{html}"
        );
        assert!(html.contains(" alt=\"\" loading=\"lazy\" decoding=\"async\">"), "{html}");
        let film = format!(
            "<video src=\"/files/{B}\" controls=\"\" preload=\"metadata\" width=\"640\" height=\"360\" poster=\"/files/{A}\" playsinline></video>"
        );
        assert!(html.contains(&film), "{html}");
        assert!(html.ends_with("</table></div>") && html.contains("<div class=\"table\""), "{html}");
        let own = format!("<video src=\"/files/{B}\" poster=\"/files/{B}/preview\"></video>");
        assert_eq!(dressed(&own, &files(), A, "").matches("poster=").count(), 1);
    }

    #[test]
    fn whatever_comes_is_kept() {
        for odd in ["", "<", "<p", "a<", "<img", "<img alt=\"", "</table>", "<tablet>", "纯文字 > <"] {
            let html = dressed(odd, &Files::new(), "", "");
            assert!(html.len() >= odd.len(), "{odd} {html}");
        }
        assert_eq!(dressed("<tablet>", &Files::new(), "", ""), "<tablet>");
    }
}
