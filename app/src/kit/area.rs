//! What stands in a field of several lines. The renderer writes the content of `<textarea>` as it is, as it does with scripts: whatever somebody
//! entered would end the field and go on as a part of the page. So it is set as `inner_html`, escaped here.

/// A text as the `inner_html` of a `<textarea>`.
#[must_use]
pub fn lines(text: &str) -> String {
    // The first line break after the tag belongs to the tag.
    let mut out = String::with_capacity(text.len() + 1);
    if text.starts_with('\n') {
        out.push('\n');
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::*;
    use std::path::Path;

    #[test]
    fn a_text_cannot_leave_its_field() {
        let text = "\n</textarea><script>alert(1)</script>&lt;";
        let html = view! { <textarea inner_html=lines(text)></textarea> }.to_html();
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;") && html.contains("&amp;lt;"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1);
    }

    /// All source files below a folder.
    fn sources(dir: &Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn no_field_of_several_lines_has_children() {
        let mut all = vec![];
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        let mut fields = 0;
        for (file, text) in all.iter().filter(|(f, _)| !f.ends_with("area.rs")) {
            for rest in text.split("<textarea").skip(1) {
                let field = &rest[..rest.find("</textarea>").unwrap_or(rest.len())];
                assert!(field.ends_with('>'), "{file}: what stands in a textarea is not escaped: {field}");
                fields += 1;
            }
        }
        assert!(fields > 5);
    }
}
