//! HTML that came from an editor or was pasted, made clean: what is kept is a small list of elements and attributes; everything else goes,
//! its words stay.
//!
//! Two layers. The first reads tags one by one and writes a well-nested text anew, of its own tags only: whatever is written is balanced and
//! of bounded depth, so that the second, a real parser with an allow-list of its own (`ammonia`), has nothing left to guess and no pile
//! to build. Word's lists, which are paragraphs with a drawn bullet, become lists on the way.

use ammonia::{Builder, UrlRelative};
use domain::post::is_token;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// Elements within each other, at most.
const DEPTH_MAX: usize = 40;
/// Attributes of a tag that are looked at.
const ATTRIBUTES_MAX: usize = 64;
/// References in the words of a text: whoever writes the parsed text looks through all that is left of a paragraph at each `&`, so that a
/// pile of them costs its square. Those beyond are written as their full-width twins.
const ESCAPES_MAX: usize = 1_000;
/// How often a text is gone over until it stays as it is.
const ROUNDS: usize = 5;
/// Longest address of a link, bytes.
const LINK_MAX: usize = 2_000;
/// Classes that mean something to the pages; all others go.
pub const CLASSES: [&str; 9] =
    ["align-left", "align-center", "align-right", "indent", "lead", "note", "warning", "wide", "half"];

/// Makes HTML clean. What is clean stays as it is: `sanitise(sanitise(x)) == sanitise(x)`.
#[must_use]
pub fn sanitise(html: &str) -> String {
    let mut text = once(html);
    for _ in 0..ROUNDS {
        let again = once(&text);
        if again == text {
            return text;
        }
        text = again;
    }
    // Nobody's text does this; if one does, its words are kept.
    let words = domain::post::plain(&text);
    let escaped = |l: &str| l.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    words.lines().map(|l| format!("<p>{}</p>", escaped(l))).collect()
}

fn once(html: &str) -> String {
    ALLOWED.clean(&Writer::run(html)).to_string()
}

/// The second layer: it knows nothing of the first.
static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt", "width", "height", "class"])),
        ("video", HashSet::from(["src", "poster", "controls", "preload", "class"])),
        ("td", HashSet::from(["colspan", "rowspan", "class"])),
        ("th", HashSet::from(["colspan", "rowspan", "class"])),
        ("ol", HashSet::from(["start"])),
    ]);
    for name in CLASSED {
        attributes.entry(name).or_default().insert("class");
    }
    let mut b = Builder::empty();
    b.tags(ELEMENTS.iter().copied().collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener nofollow"))
        .strip_comments(true)
        .clean_content_tags(HashSet::from(["script", "style"]))
        .attribute_filter(|element, name, value| allowed(element, name, value).then_some(Cow::Borrowed(value)));
    b
});

/// Elements that are written.
const ELEMENTS: [&str; 32] = [
    "p",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "ul",
    "ol",
    "li",
    "pre",
    "hr",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "strong",
    "em",
    "u",
    "s",
    "sub",
    "sup",
    "code",
    "a",
    "span",
    "br",
    "img",
    "video",
];
/// Elements that may bear a class.
const CLASSED: [&str; 9] = ["p", "h2", "h3", "h4", "blockquote", "table", "figure", "span", "ul"];

/// Whether a value, decoded, may stand in an attribute.
fn allowed(element: &str, name: &str, value: &str) -> bool {
    match (element, name) {
        ("a", "href") => is_link(value),
        ("img" | "video", "src") | ("video", "poster") => is_file(value),
        (_, "class") => value.split(' ').all(|c| CLASSES.contains(&c)),
        (_, "colspan" | "rowspan") => number(value, 1, 100),
        (_, "width" | "height") => number(value, 1, 4_000),
        ("ol", "start") => number(value, 0, 9_999),
        ("img", "alt") => value.chars().count() <= 200,
        ("video", "controls") => value.is_empty(),
        ("video", "preload") => value == "metadata",
        ("a", "rel") => value == "noopener nofollow",
        _ => false,
    }
}

fn number(text: &str, least: u32, most: u32) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') || text == "0";
    plain && text.len() <= 5 && text.parse().is_ok_and(|n: u32| (least..=most).contains(&n))
}

/// A link to another site, an address, a telephone, or a page of this one. `//host` and `/\host` lead elsewhere, whatever they look like.
fn is_link(value: &str) -> bool {
    let odd =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '<' | '>' | '"' | '`') || is_unseen(c);
    if value.is_empty() || value.len() > LINK_MAX || value.contains(odd) {
        return false;
    }
    if value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//")) {
        return true;
    }
    ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| {
        value.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)) && value.len() > scheme.len()
    })
}

/// A file of ours, or its preview.
fn is_file(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("/files/") else { return false };
    is_token(rest.strip_suffix("/preview").unwrap_or(rest))
}

/// Marks that no eye sees and that turn the direction of what follows.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Holds words, in a paragraph.
    Inline,
    /// A paragraph: holds words and inline elements only.
    Paragraph,
    /// Holds paragraphs.
    Flow,
    /// `ul`, `ol`
    List,
    /// `table` and what stands between it and its cells.
    Table,
    /// Without content.
    Void,
    /// Goes, and ends the paragraph around it.
    Boundary,
    /// Goes.
    Ignored,
    /// Goes with all that is in it.
    Dropped,
}

/// The name under which a tag is written, and its kind.
fn element(name: &str) -> (&'static str, Kind) {
    use Kind as K;
    match name {
        "p" | "dt" | "dd" => ("p", K::Paragraph),
        "h1" | "h2" => ("h2", K::Paragraph),
        "h3" => ("h3", K::Paragraph),
        "h4" | "h5" | "h6" => ("h4", K::Paragraph),
        "pre" => ("pre", K::Paragraph),
        "caption" => ("caption", K::Paragraph),
        "figcaption" => ("figcaption", K::Paragraph),
        "blockquote" => ("blockquote", K::Flow),
        "figure" => ("figure", K::Flow),
        "li" => ("li", K::Flow),
        "td" => ("td", K::Flow),
        "th" => ("th", K::Flow),
        "ul" | "menu" | "dir" => ("ul", K::List),
        "ol" => ("ol", K::List),
        "table" => ("table", K::Table),
        "thead" => ("thead", K::Table),
        "tbody" => ("tbody", K::Table),
        "tfoot" => ("tfoot", K::Table),
        "tr" => ("tr", K::Table),
        "b" | "strong" => ("strong", K::Inline),
        "i" | "em" => ("em", K::Inline),
        "u" | "ins" => ("u", K::Inline),
        "s" | "strike" | "del" => ("s", K::Inline),
        "sub" => ("sub", K::Inline),
        "sup" => ("sup", K::Inline),
        "code" => ("code", K::Inline),
        "a" => ("a", K::Inline),
        "span" => ("span", K::Inline),
        "br" => ("br", K::Void),
        "hr" => ("hr", K::Void),
        "img" => ("img", K::Void),
        "video" => ("video", K::Void),
        "div" | "section" | "article" | "main" | "header" | "footer" | "nav" | "aside" | "address" | "center"
        | "form" | "fieldset" | "dl" | "details" | "summary" | "body" | "hgroup" | "search" => ("", K::Boundary),
        "script" | "style" | "title" | "head" | "svg" | "math" | "iframe" | "frameset" | "object" | "applet"
        | "noscript" | "template" | "textarea" | "select" | "noembed" | "noframes" | "xmp" | "plaintext" | "xml"
        | "audio" | "canvas" | "button" | "datalist" => ("", K::Dropped),
        _ => ("", K::Ignored),
    }
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: &'static str,
    kind: Kind,
    /// Where its tag begins in the output, and where its content does.
    at: usize,
    content: usize,
    /// The level of the list of Word's that it is an item or the list of; 0 for none.
    word: u8,
}

/// A tag as it was read.
#[derive(Debug, Default)]
struct Tag<'a> {
    name: String,
    attributes: Vec<(String, Cow<'a, str>)>,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_ref())
    }

    /// A property of its style.
    fn style(&self, property: &str) -> Option<&str> {
        let all = self.get("style")?;
        all.split(';')
            .filter_map(|d| d.split_once(':'))
            .find(|(n, _)| n.trim().eq_ignore_ascii_case(property))
            .map(|d| d.1.trim())
    }

    /// Its level where it is an item of one of Word's lists.
    fn word_level(&self) -> Option<u8> {
        let list = self.style("mso-list")?;
        let level = list.split("level").nth(1)?.chars().next()?.to_digit(10)?;
        u8::try_from(level.clamp(1, 9)).ok()
    }
}

/// An item of one of Word's lists whose bullet is being read: what the bullet is decides which list it stands in.
#[derive(Debug, Default)]
struct Item {
    level: u8,
    bullet: String,
    /// How many `span`s are open within the bullet.
    spans: usize,
}

/// Reads tags and writes them anew.
#[derive(Debug, Default)]
struct Writer {
    out: String,
    stack: Vec<Open>,
    /// Names of elements of which no end stands ahead any more: none is looked for twice.
    endless: HashSet<String>,
    /// Tables that were too deep to be written, and whose ends and rows must not be taken for another's.
    skipped: usize,
    item: Option<Item>,
    /// References that were written.
    escapes: usize,
}

impl Writer {
    fn run(html: &str) -> String {
        let mut w = Self::default();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            w.text(&rest[..at]);
            rest = w.tag(&rest[at..]);
        }
        w.text(rest);
        w.close_to(0);
        w.out
    }

    /// Takes what begins with `<` and tells what follows.
    fn tag<'a>(&mut self, rest: &'a str) -> &'a str {
        let after = &rest[1..];
        if let Some(comment) = after.strip_prefix("!--") {
            // `<!-->` and `<!--->` end at once, as browsers have it; without an end nothing follows.
            let whole = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
            return whole.unwrap_or_else(|| comment.find("-->").map_or("", |end| &comment[end + 3..]));
        }
        if after.starts_with(['!', '?']) {
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
        if let Some(end) = after.strip_prefix('/') {
            if !end.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return end.find('>').map_or("", |at| &end[at + 1..]);
            }
            let (tag, rest) = read(end);
            self.end(&tag.name);
            return rest;
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.text("<");
            return after;
        }
        let (tag, rest) = read(after);
        let (name, kind) = element(&tag.name);
        if kind == Kind::Dropped {
            return self.past(&tag.name, rest);
        }
        self.begin(&tag, name, kind);
        rest
    }

    /// What follows the end of an element that goes with its content; where it has no end, only its tag goes.
    fn past<'a>(&mut self, name: &str, rest: &'a str) -> &'a str {
        if self.endless.contains(name) {
            return rest;
        }
        let bytes = rest.as_bytes();
        let mut from = 0;
        while let Some(at) = rest[from..].find("</").map(|at| at + from + 2) {
            let named = bytes.get(at..at + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
            let ended =
                bytes.get(at + name.len()).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'-' && *b != b':');
            if named && ended {
                return rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
            }
            from = at;
        }
        self.endless.insert(name.to_owned());
        rest
    }

    fn top(&self) -> Option<Kind> {
        self.stack.last().map(|o| o.kind)
    }

    fn top_is(&self, names: &[&str]) -> bool {
        self.stack.last().is_some_and(|o| names.contains(&o.name))
    }

    fn push(&mut self, name: &'static str, kind: Kind, attributes: &[(&str, String)]) {
        let at = self.out.len();
        self.write(name, attributes);
        self.stack.push(Open { name, kind, at, content: self.out.len(), word: 0 });
    }

    fn write(&mut self, name: &str, attributes: &[(&str, String)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (n, v) in attributes {
            self.out.push(' ');
            self.out.push_str(n);
            self.out.push_str("=\"");
            for c in v.chars() {
                match c {
                    '&' => self.out.push_str("&amp;"),
                    '"' => self.out.push_str("&quot;"),
                    '<' => self.out.push_str("&lt;"),
                    '>' => self.out.push_str("&gt;"),
                    c => self.out.push(c),
                }
            }
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// Closes the innermost element. One that holds nothing goes: the paragraphs that Word leaves empty, formats around nothing.
    fn pop(&mut self) {
        let Some(o) = self.stack.pop() else { return };
        let trimmed = |text: &str| text.trim_end_matches(['\n', ' ', '\t']).len();
        let mut end = o.content + trimmed(&self.out[o.content..]);
        while o.kind == Kind::Flow && self.out[o.content..end].ends_with("<br>") {
            end = o.content + trimmed(&self.out[o.content..end - 4]);
        }
        let content = &self.out[o.content..end];
        let empty = match o.kind {
            Kind::Inline => self.out.len() == o.content,
            Kind::Paragraph => is_blank(content),
            Kind::List | Kind::Table => content.is_empty(),
            _ => content.is_empty() && !matches!(o.name, "td" | "th"),
        };
        if empty {
            self.out.truncate(o.at);
            return;
        }
        if o.kind != Kind::Inline && o.name != "pre" {
            self.out.truncate(end);
        }
        self.out.push_str("</");
        self.out.push_str(o.name);
        self.out.push('>');
    }

    fn close_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            self.pop();
        }
    }

    /// Ends words: inline elements, and the paragraph that they stand in.
    fn end_paragraph(&mut self) {
        while matches!(self.top(), Some(Kind::Inline | Kind::Paragraph)) {
            self.pop();
        }
    }

    /// Ends a list of Word's, which no tag ends: whatever is not its item does.
    fn end_word_list(&mut self) {
        self.settle();
        if let Some(at) = self.stack.iter().position(|o| o.word > 0) {
            self.close_to(at);
        }
    }

    /// Makes a place for words: a paragraph at the top and in quotes, an item in a list, a cell in a table.
    fn make_room(&mut self) -> bool {
        if self.item.is_some() {
            self.settle();
        }
        // After an item of Word's only another goes on with its list.
        if self.stack.last().is_some_and(|o| o.word > 0) && !self.in_word_item() {
            self.end_word_list();
        }
        if self.top() == Some(Kind::List) {
            self.push("li", Kind::Flow, &[]);
        }
        if self.top() == Some(Kind::Table) {
            self.row();
            self.push("td", Kind::Flow, &[]);
        }
        if self.stack.is_empty() || self.top_is(&["blockquote"]) {
            if self.stack.len() >= DEPTH_MAX {
                return false;
            }
            self.push("p", Kind::Paragraph, &[]);
        }
        true
    }

    /// Whether the item of Word's at the top has not ended yet.
    fn in_word_item(&self) -> bool {
        self.stack.last().is_some_and(|o| o.name == "li" && o.word & 0x80 != 0)
    }

    /// A row of the innermost table.
    fn row(&mut self) {
        if self.top_is(&["table"]) {
            self.push("tbody", Kind::Table, &[]);
        }
        if self.top_is(&["thead", "tbody", "tfoot"]) {
            self.push("tr", Kind::Table, &[]);
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // References are read here, so that only those that are written are left.
        let text = &*decoded(text);
        if let Some(item) = self.item.as_mut() {
            if item.spans > 0 {
                item.bullet.push_str(text);
                return;
            }
            if is_blank(text) {
                return;
            }
        }
        let words = matches!(self.top(), Some(Kind::Inline | Kind::Paragraph));
        if !words && text.bytes().all(|b| b.is_ascii_whitespace()) {
            // Between blocks it says nothing; between words in a cell or an item it parts them.
            let after_words = self
                .stack
                .last()
                .is_some_and(|o| o.kind == Kind::Flow && o.content < self.out.len() && !self.after_block());
            if !after_words || self.top_is(&["blockquote", "figure"]) {
                return;
            }
        } else if !words && !self.make_room() {
            return;
        }
        let fresh = self.stack.last().is_some_and(|o| o.content == self.out.len() && o.name == "pre");
        let text = if fresh { text.trim_start_matches(['\n', '\r']) } else { text };
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '&' | '<' | '>' if self.escapes >= ESCAPES_MAX => self.out.push(match c {
                    '&' => '＆',
                    '<' => '＜',
                    _ => '＞',
                }),
                '&' | '<' | '>' => {
                    self.escapes += 1;
                    self.out.push_str(match c {
                        '&' => "&amp;",
                        '<' => "&lt;",
                        _ => "&gt;",
                    });
                }
                '\r' => {
                    if chars.peek() != Some(&'\n') {
                        self.out.push('\n');
                    }
                }
                '\n' | '\t' => self.out.push(c),
                c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') || is_unseen(c) => {}
                c => self.out.push(c),
            }
        }
    }

    /// Whether what was written last is the end of a block.
    fn after_block(&self) -> bool {
        let blocks =
            ["p", "h2", "h3", "h4", "pre", "blockquote", "figure", "figcaption", "ul", "ol", "table", "li", "caption"];
        let Some(open) = self.out.strip_suffix('>') else { return false };
        open.ends_with("<hr") || blocks.iter().any(|b| open.strip_suffix(b).is_some_and(|o| o.ends_with("</")))
    }

    fn begin(&mut self, tag: &Tag<'_>, name: &'static str, kind: Kind) {
        if let Some(item) = self.item.as_mut() {
            // Within a bullet: nothing of it is written.
            if item.spans > 0 {
                item.spans += usize::from(tag.name == "span");
                return;
            }
        }
        // A format around the bullet is not the item's.
        if kind == Kind::Inline && name != "span" && self.item.as_ref().is_some_and(|i| i.bullet.is_empty()) {
            return;
        }
        let bullet = tag.name == "span" && tag.style("mso-list").is_some_and(|v| v.eq_ignore_ascii_case("ignore"));
        if bullet {
            if let Some(item) = self.item.as_mut() {
                item.spans = 1;
            }
            // Without its item nobody would see where the bullet ends; it stays as it is drawn.
            return;
        }
        if tag.name == "p"
            && let Some(level) = tag.word_level()
        {
            self.word_item(level);
            return;
        }
        match kind {
            Kind::Inline => self.inline(tag, name),
            Kind::Void => self.void(tag, name),
            Kind::Boundary => self.boundary(),
            Kind::Paragraph if matches!(name, "caption" | "figcaption") => self.caption(name),
            Kind::Paragraph => {
                self.flow();
                if self.room() {
                    self.push(name, kind, &classes(tag, name));
                }
            }
            Kind::Flow => self.container(tag, name),
            Kind::List => {
                self.flow();
                if self.room() {
                    let start = tag.get("start").filter(|v| name == "ol" && number(v, 0, 9_999)).map(str::to_owned);
                    let mut attributes = classes(tag, name);
                    attributes.extend(start.map(|v| ("start", v)));
                    self.push(name, kind, &attributes);
                }
            }
            Kind::Table => self.table(tag, name),
            Kind::Ignored | Kind::Dropped => {}
        }
    }

    /// Room for another two or three elements: a row and a cell may come with one.
    const fn room(&self) -> bool {
        self.stack.len() + 4 < DEPTH_MAX
    }

    /// Where a block may begin: no words are open, and lists and tables have their item or cell.
    fn flow(&mut self) {
        self.end_word_list();
        self.end_paragraph();
        self.trim();
        if self.top() == Some(Kind::List) {
            self.push("li", Kind::Flow, &[]);
        }
        if self.top() == Some(Kind::Table) {
            self.row();
            self.push("td", Kind::Flow, &[]);
        }
    }

    /// Space before a block says nothing.
    fn trim(&mut self) {
        let least = self.stack.last().map_or(0, |o| o.content);
        let end = self.out.trim_end_matches(['\n', ' ', '\t']).len();
        self.out.truncate(end.max(least));
    }

    fn boundary(&mut self) {
        self.end_word_list();
        // A line of its own within an item or a cell, where no paragraph ends it.
        let loose = self.stack.iter().rev().find(|o| o.kind != Kind::Inline);
        let in_flow = loose.is_some_and(|o| o.kind == Kind::Flow && o.name != "figure" && o.content < self.out.len());
        self.end_paragraph();
        if in_flow && !self.after_block() && !self.out.ends_with("<br>") && !self.out.ends_with("</td>") {
            self.out.push_str("<br>");
        }
    }

    fn inline(&mut self, tag: &Tag<'_>, name: &'static str) {
        let attributes: Vec<(&str, String)> = match name {
            "a" => {
                // A link within a link is none.
                if self.stack.iter().rev().take_while(|o| o.kind == Kind::Inline).any(|o| o.name == "a") {
                    return;
                }
                let Some(href) = tag.get("href").map(str::trim).filter(|h| is_link(h)) else { return };
                vec![("href", href.to_owned())]
            }
            "span" => {
                let c = classes(tag, name);
                if c.is_empty() {
                    return;
                }
                c
            }
            // The same format again says nothing new.
            _ if self.stack.iter().rev().take_while(|o| o.kind == Kind::Inline).any(|o| o.name == name) => return,
            _ => vec![],
        };
        let words = matches!(self.top(), Some(Kind::Inline | Kind::Paragraph));
        if (words || self.make_room()) && self.room() {
            self.push(name, Kind::Inline, &attributes);
        }
    }

    fn void(&mut self, tag: &Tag<'_>, name: &'static str) {
        if name == "hr" {
            self.flow();
            self.out.push_str("<hr>");
            return;
        }
        let copied = |names: &[&'static str], out: &mut Vec<(&'static str, String)>| {
            for n in names {
                out.extend(tag.get(n).filter(|v| allowed(name, n, v)).map(|v| (*n, v.to_owned())));
            }
        };
        let mut attributes = vec![];
        if matches!(name, "img" | "video") {
            let Some(src) = tag.get("src").filter(|v| is_file(v)) else { return };
            attributes.push(("src", src.to_owned()));
        }
        match name {
            "img" => copied(&["alt", "width", "height"], &mut attributes),
            "video" => {
                copied(&["poster"], &mut attributes);
                attributes.push(("controls", String::new()));
                attributes.push(("preload", "metadata".into()));
            }
            _ => {}
        }
        attributes.extend(classes(tag, name));
        let words = matches!(self.top(), Some(Kind::Inline | Kind::Paragraph)) || self.top_is(&["figure"]);
        if name == "br"
            && !words
            && (self.stack.is_empty()
                || self.top_is(&["blockquote"])
                || matches!(self.top(), Some(Kind::List | Kind::Table)))
        {
            return;
        }
        if words || self.make_room() {
            self.write(name, &attributes);
            if name == "video" {
                self.out.push_str("</video>");
            }
        }
    }

    fn caption(&mut self, name: &'static str) {
        self.end_word_list();
        self.end_paragraph();
        let first = self.stack.last().is_some_and(|o| o.content == self.out.len());
        if name == "caption" && self.top_is(&["table"]) && first {
            self.push("caption", Kind::Paragraph, &[]);
        } else if name == "figcaption" && self.top_is(&["figure"]) {
            self.push("figcaption", Kind::Paragraph, &[]);
        } else {
            self.flow();
            if self.room() {
                self.push("p", Kind::Paragraph, &[]);
            }
        }
    }

    fn container(&mut self, tag: &Tag<'_>, name: &'static str) {
        match name {
            "li" => {
                self.end_word_list();
                // Another item of the innermost list, if one is open in this cell.
                let barrier = |o: &Open| matches!(o.name, "td" | "th" | "ul" | "ol");
                match self.stack.iter().rposition(barrier) {
                    Some(at) if self.stack[at].kind == Kind::List => self.close_to(at + 1),
                    _ => {
                        self.flow();
                        if !self.room() {
                            return;
                        }
                        self.push("ul", Kind::List, &[]);
                    }
                }
                if self.room() {
                    self.push("li", Kind::Flow, &[]);
                }
            }
            "td" | "th" => {
                if self.skipped > 0 {
                    return self.boundary();
                }
                self.end_word_list();
                let Some(at) =
                    self.stack.iter().rposition(|o| matches!(o.name, "table" | "thead" | "tbody" | "tfoot" | "tr"))
                else {
                    return self.boundary();
                };
                self.close_to(at + 1);
                self.row();
                let mut attributes = vec![];
                for n in ["colspan", "rowspan"] {
                    attributes.extend(tag.get(n).filter(|v| number(v, 2, 100)).map(|v| (n, v.to_owned())));
                }
                attributes.extend(classes(tag, name));
                self.push(name, Kind::Flow, &attributes);
            }
            _ => {
                self.flow();
                if self.room() {
                    self.push(name, Kind::Flow, &classes(tag, name));
                }
            }
        }
    }

    fn table(&mut self, tag: &Tag<'_>, name: &'static str) {
        if name == "table" {
            if self.skipped > 0 || !self.room() {
                self.skipped += 1;
                return;
            }
            self.flow();
            self.push("table", Kind::Table, &classes(tag, name));
            return;
        }
        if self.skipped > 0 {
            return self.boundary();
        }
        self.end_word_list();
        let Some(table) = self.stack.iter().rposition(|o| o.name == "table") else { return self.boundary() };
        if name == "tr" {
            let at = self
                .stack
                .iter()
                .rposition(|o| matches!(o.name, "table" | "thead" | "tbody" | "tfoot"))
                .unwrap_or(table);
            self.close_to(at + 1);
            self.row();
        } else {
            self.close_to(table + 1);
            self.push(name, Kind::Table, &[]);
        }
    }

    fn end(&mut self, raw: &str) {
        if let Some(item) = self.item.as_mut() {
            if item.spans > 0 && raw != "p" {
                item.spans -= usize::from(raw == "span");
                return;
            }
            item.spans = 0;
        }
        let (name, kind) = element(raw);
        // What ends with the paragraph of an item of Word's is the item, not yet its list.
        if raw == "p" && (self.item.is_some() || self.stack.iter().any(|o| o.word & 0x80 != 0)) {
            self.settle();
            if let Some(at) = self.stack.iter().rposition(|o| o.word & 0x80 != 0) {
                self.close_to(at + 1);
                self.stack[at].word &= 0x7F;
            }
            return;
        }
        match kind {
            Kind::Boundary => self.boundary(),
            Kind::Inline => {
                let from = self.stack.iter().rposition(|o| o.kind != Kind::Inline).map_or(0, |at| at + 1);
                if let Some(at) = self.stack[from..].iter().rposition(|o| o.name == name) {
                    self.close_to(from + at);
                }
            }
            Kind::Void | Kind::Ignored | Kind::Dropped => {}
            _ => {
                if self.skipped > 0 && (kind == Kind::Table || matches!(name, "td" | "th")) {
                    self.skipped -= usize::from(name == "table");
                    return self.boundary();
                }
                self.end_word_list();
                // Nothing in a cell ends what is around its table.
                let within_table = kind == Kind::Table || matches!(name, "td" | "th" | "caption");
                let barrier = |o: &Open| {
                    if within_table { o.name == "table" && name != "table" } else { matches!(o.name, "td" | "th") }
                };
                let from = self.stack.iter().rposition(barrier).map_or(0, |at| at + 1);
                match self.stack[from..].iter().rposition(|o| o.name == name) {
                    Some(at) => self.close_to(from + at),
                    None if kind == Kind::Paragraph => self.end_paragraph(),
                    None => {}
                }
            }
        }
    }

    /// A paragraph that Word draws a bullet before.
    fn word_item(&mut self, level: u8) {
        self.settle();
        self.end_paragraph();
        self.item = Some(Item { level: level.min(6), ..Item::default() });
    }

    /// Opens the item whose bullet was read.
    fn settle(&mut self) {
        let Some(item) = self.item.take() else { return };
        if !self.room() {
            return;
        }
        let bullet = domain::post::plain(&item.bullet);
        // 1. (1) 一、 a) iv. are numbers; anything else is a dot.
        let numbered = bullet.chars().any(char::is_alphanumeric)
            && bullet.trim() != "o"
            && bullet.contains(['.', ')', '、', '）', '．']);
        let name = if numbered { "ol" } else { "ul" };
        let lists = |s: &[Open]| s.iter().rposition(|o| o.kind == Kind::List && o.word > 0);
        // Deeper lists end, and one of another kind at the same level.
        while let Some(at) = lists(&self.stack).filter(|at| {
            let o = &self.stack[*at];
            o.word > item.level || (o.word == item.level && o.name != name)
        }) {
            self.close_to(at);
        }
        match lists(&self.stack) {
            Some(at) if self.stack[at].word == item.level => self.close_to(at + 1),
            _ => {
                self.trim();
                if self.top() == Some(Kind::List) {
                    self.push("li", Kind::Flow, &[]);
                }
                if self.top() == Some(Kind::Table) {
                    self.row();
                    self.push("td", Kind::Flow, &[]);
                }
                self.push(name, Kind::List, &[]);
                if let Some(o) = self.stack.last_mut() {
                    o.word = item.level;
                }
            }
        }
        self.push("li", Kind::Flow, &[]);
        if let Some(o) = self.stack.last_mut() {
            o.word = item.level | 0x80;
        }
    }
}

/// Whether nothing of it can be seen.
fn is_blank(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        rest = match rest.strip_prefix("&nbsp;").or_else(|| rest.strip_prefix("&#160;")) {
            Some(after) => after,
            None => match rest.strip_prefix(|c: char| c.is_whitespace() || is_unseen(c)) {
                Some(after) => after,
                None => return false,
            },
        };
    }
    true
}

/// The classes of an element that mean something, and those that stand for how Word and old pages align.
fn classes(tag: &Tag<'_>, name: &str) -> Vec<(&'static str, String)> {
    if !CLASSED.contains(&name) && !matches!(name, "td" | "th" | "img" | "video") {
        return vec![];
    }
    let mut found: Vec<&str> = vec![];
    let given = tag.get("class").unwrap_or_default();
    found.extend(CLASSES.iter().filter(|c| given.split_whitespace().any(|g| g == **c)));
    if !found.iter().any(|c| c.starts_with("align-")) && matches!(name, "p" | "h2" | "h3" | "h4" | "td" | "th") {
        let aligned = tag.get("align").or_else(|| tag.style("text-align")).unwrap_or_default().to_ascii_lowercase();
        match aligned.as_str() {
            "center" => found.insert(0, "align-center"),
            "right" | "end" => found.insert(0, "align-right"),
            _ => {}
        }
    }
    if found.is_empty() { vec![] } else { vec![("class", found.join(" "))] }
}

/// Reads a tag from its name on, and tells what follows its end.
fn read(text: &str) -> (Tag<'_>, &str) {
    let bytes = text.as_bytes();
    let parts = |b: u8| b.is_ascii_whitespace() || b == b'/' || b == b'>';
    let mut at = bytes.iter().position(|b| parts(*b)).unwrap_or(bytes.len());
    let mut tag =
        Tag { name: if at > 40 { String::new() } else { text[..at].to_ascii_lowercase() }, attributes: vec![] };
    loop {
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        match bytes.get(at) {
            None => return (tag, ""),
            Some(b'>') => return (tag, &text[at + 1..]),
            Some(_) => {}
        }
        let from = at;
        // A sign of equality that begins a name is part of it.
        at += 1;
        while bytes.get(at).is_some_and(|b| !parts(*b) && *b != b'=') {
            at += 1;
        }
        let name = &text[from..at];
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let mut value = "";
        if bytes.get(at) == Some(&b'=') {
            at += 1;
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            match bytes.get(at) {
                Some(q @ (b'"' | b'\'')) => {
                    let end = bytes[at + 1..].iter().position(|b| b == q).map_or(bytes.len(), |n| at + 1 + n);
                    value = &text[at + 1..end];
                    at = (end + 1).min(bytes.len());
                }
                _ => {
                    let end = bytes[at..]
                        .iter()
                        .position(|b| b.is_ascii_whitespace() || *b == b'>')
                        .map_or(bytes.len(), |n| at + n);
                    value = &text[at..end];
                    at = end;
                }
            }
        }
        if tag.attributes.len() < ATTRIBUTES_MAX && name.len() <= 40 {
            let name = name.to_ascii_lowercase();
            if tag.get(&name).is_none() {
                tag.attributes.push((name, decoded(value)));
            }
        }
    }
}

/// The value of an attribute, or words: what is no reference that is known here stays as it is written, and is written out as that, so that the
/// parser that comes next reads exactly what was judged.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        let named = end.and_then(|end| Some((reference(&rest[..end])?, end)));
        match named {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn reference(name: &str) -> Option<char> {
    if let Some(n) = name.strip_prefix('#') {
        let code = match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => n.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        "colon" => ':',
        "Tab" => '\t',
        "NewLine" => '\n',
        "sol" => '/',
        "middot" => '·',
        "bull" => '•',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "mdash" => '—',
        "ndash" => '–',
        "hellip" => '…',
        "times" => '×',
        "deg" => '°',
        "plusmn" => '±',
        "ensp" | "emsp" | "thinsp" => ' ',
        "copy" => '©',
        "reg" => '®',
        "sect" => '§',
        "yen" => '¥',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    /// Clean HTML holds nothing but what the list names, whatever it came from.
    fn check(html: &str) -> String {
        let clean = sanitise(html);
        assert_eq!(sanitise(&clean), clean, "not the same again: {html:?}");
        for (at, _) in clean.match_indices('<') {
            let rest = clean[at + 1..].trim_start_matches('/');
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(ELEMENTS.contains(&name.as_str()), "{name} in {clean:?} of {html:?}");
            let (tag, _) = read(rest);
            for (n, v) in &tag.attributes {
                assert!(allowed(&name, n, v), "{name} {n}={v} in {clean:?} of {html:?}");
            }
        }
        clean
    }

    #[test]
    fn what_an_editor_writes_stays() {
        for same in [
            "",
            "<p>开窗<strong>通风</strong></p>",
            "<h2>一</h2><h3>二</h3><h4>三</h4>",
            "<ul><li>甲</li><li>乙<ol start=\"3\"><li>丙</li></ol></li></ul>",
            "<ul><li><p>甲</p></li><li><p>乙</p></li></ul>",
            "<blockquote><p>引用</p></blockquote><hr><pre>a &lt; b\n  c</pre>",
            "<table><caption>表</caption><thead><tr><th>一</th></tr></thead><tbody><tr><td colspan=\"2\" rowspan=\"3\">二</td><td></td></tr></tbody></table>",
            "<table><tbody><tr><td><p>一</p><table><tbody><tr><td>里</td></tr></tbody></table></td></tr></tbody></table>",
            "<p>a<br>b</p><p><br></p><p class=\"align-center lead\">中</p>",
            "<p><em>a<u>b</u></em> <s>c</s> x<sub>1</sub> y<sup>2</sup> <code>z</code></p>",
            "<p><a href=\"https://x.example/?a=1&amp;b=2#c\" rel=\"noopener nofollow\">x</a></p>",
            "<p><a href=\"/posts/7\" rel=\"noopener nofollow\">x</a> <a href=\"tel:119\" rel=\"noopener nofollow\">119</a></p>",
        ] {
            assert_eq!(check(same), same);
        }
        let files = format!(
            "<figure class=\"wide\"><img src=\"/files/{TOKEN}/preview\" alt=\"阀 &quot;A&quot;\" width=\"600\"><figcaption>阀门</figcaption></figure>\
             <p><video src=\"/files/{TOKEN}\" poster=\"/files/{TOKEN}/preview\" controls=\"\" preload=\"metadata\"></video></p>"
        );
        assert_eq!(check(&files), files);
        assert_eq!(domain::post::tokens(&files), [TOKEN]);
    }

    #[test]
    fn what_is_written_otherwise_is_written_alike() {
        for (from, to) in [
            ("平文", "<p>平文</p>"),
            ("一<div>二</div>三", "<p>一</p><p>二</p><p>三</p>"),
            ("<h1>题</h1>", "<h2>题</h2>"),
            ("<b>粗</b><i>斜</i><strike>划</strike>", "<p><strong>粗</strong><em>斜</em><s>划</s></p>"),
            ("<li>甲<li>乙", "<ul><li>甲</li><li>乙</li></ul>"),
            ("<ul>甲<li>乙</ul>丙", "<ul><li>甲</li><li>乙</li></ul><p>丙</p>"),
            (
                "<table><tr><td>一<td>二<tr><td>三</table>四",
                "<table><tbody><tr><td>一</td><td>二</td></tr><tr><td>三</td></tr></tbody></table><p>四</p>",
            ),
            ("<td>一</td>", "<p>一</p>"),
            ("<p>一<p>二", "<p>一</p><p>二</p>"),
            ("<p><b>一<p>二</b>", "<p><strong>一</strong></p><p>二</p>"),
            ("<a href='/a'>一<a href='/b'>二</a></a>", "<p><a href=\"/a\" rel=\"noopener nofollow\">一二</a></p>"),
            ("<p>a < b && c > d</p>", "<p>a &lt; b &amp;&amp; c &gt; d</p>"),
            ("<pre>\n\n\nx\n</pre>", "<pre>x\n</pre>"),
            ("<p style='text-align: center' class='MsoNormal'>中</p>", "<p class=\"align-center\">中</p>"),
            ("<ul> <li>甲</li>\n <li>乙</li> </ul>", "<ul><li>甲</li><li>乙</li></ul>"),
            ("<td>一</td><blockquote>二</blockquote>", "<p>一</p><blockquote><p>二</p></blockquote>"),
            ("<li>甲<div>乙</div></li>", "<ul><li>甲<br>乙</li></ul>"),
        ] {
            assert_eq!(check(from), to, "{from}");
        }
    }

    #[test]
    fn what_word_pastes_comes_out_clean() {
        let word = r##"<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {mso-style-parent:""; margin:0cm;} @page Section1 {size:612.0pt 792.0pt;} --></style></head>
<body lang=ZH-CN style='tab-interval:21.0pt'><!--StartFragment-->
<h1 style='mso-line-break-override:restrictions'><span style='font-family:宋体'>冬季<span lang=EN-US>LPG</span>安全<o:p></o:p></span></h1>
<p class=MsoNormal style='text-indent:21.0pt;mso-char-indent-count:2.0'><b style='mso-bidi-font-weight:normal'><span style='font-size:14.0pt'>开窗通风</span></b><span lang=EN-US><o:p>&nbsp;</o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='margin-left:21.0pt;text-indent:-21.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Wingdings'><span style='mso-list:Ignore'>l<span style='font:7.0pt "Times New Roman"'>&nbsp; </span></span></span><![endif]><span>关阀</span></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><!--[if !supportLists]--><span style='mso-list:Ignore'>l<span>&nbsp;</span></span><!--[endif]--><b>查漏</b><o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>肥皂水</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>不用明火</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>l<span>&nbsp;</span></span>报警</p>
<p class=MsoNormal>完</p>
<table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr style='mso-yfti-irow:0'><td width=277 valign=top colspan=2 style='width:207.4pt'><p class=MsoNormal>甲<o:p></o:p></p></td></tr></table>
<p class=MsoNormal><v:shape id="_x0000_i1025" type="#_x0000_t75"><v:imagedata src="file:///C:/a.png"/></v:shape><img width=1 src="file:///C:/Users/x/AppData/clip_image001.png"></p>
<!--EndFragment--></body></html>"##;
        assert_eq!(
            check(word),
            "<h2>冬季LPG安全</h2><p><strong>开窗通风</strong>&nbsp;</p><ul><li>关阀</li><li><strong>查漏</strong>\
             <ol><li>肥皂水</li><li>不用明火</li></ol></li><li>报警</li></ul><p>完</p>\
             <table><tbody><tr><td colspan=\"2\"><p>甲</p></td></tr></tbody></table>"
        );
    }

    #[test]
    fn nothing_hostile_comes_through() {
        for html in [
            "<script>alert(1)</script>",
            "<scr<script>ipt>alert(1)</scr</script>ipt>",
            "<img src=x onerror=alert(1)>",
            "<img/src=`x`onerror=alert(1)>",
            "<svg><script>alert(1)</script></svg>",
            "<svg onload=alert(1)>",
            "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
            "<math><annotation-xml encoding=\"text/html\"><svg><script>alert(1)</script>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
            "<a href=\"java\tscript:alert(1)\">x</a>",
            "<a href=\"&#106;&#x61;vascript&colon;alert(1)\">x</a>",
            "<a href=\"&#0000106avascript:alert(1)\">x</a>",
            "<a href=\"java&Tab;script&NewLine;:alert(1)\">x</a>",
            "<a href=\" \u{1}javascript:alert(1)\">x</a>",
            "<a href=\"vbscript:x\">x</a><a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
            "<a href=\"//evil.example\">x</a><a href=\"/\\evil.example\">x</a><a href=\"\\\\evil.example\">x</a>",
            "<a href=\"http:\">x</a><a href=\"file:///etc/passwd\">x</a><a href>x</a>",
            "<img src=\"data:image/svg+xml;base64,AAAA\"><img src=\"https://evil.example/t.gif\">",
            "<img src=\"/files/0123456789abcdef0123456789abcdef/../../x\">",
            "<img src=\"/files/0123456789abcdef0123456789abcdef?x\"><img src=\"/files/0123456789ABCDEF0123456789ABCDEF\">",
            "<video src=\"/files/x\" autoplay onplay=alert(1)></video><audio src=x></audio>",
            "<iframe src=\"//evil.example\"></iframe><object data=x></object><embed src=x><base href=//evil.example>",
            "<p style=\"background:url(javascript:alert(1))\" id=x onclick=alert(1) class=\"evil lead\">x</p>",
            "<style>@import '//evil.example'</style><link rel=stylesheet href=//evil.example><meta http-equiv=refresh content=0>",
            "<td colspan=99999999 rowspan=-1>x</td><table><td colspan=1000 rowspan=0x10>x</table>",
            "<textarea><img src=x onerror=alert(1)></textarea><title><img src=x onerror=alert(1)></title>",
            "<plaintext><img src=x onerror=alert(1)>",
            "<template><img src=x onerror=alert(1)></template><xmp><img src=x onerror=alert(1)></xmp>",
            "<!--><img src=x onerror=alert(1)>--><!-- --!><img src=x onerror=alert(1)> -->",
            "<![CDATA[<img src=x onerror=alert(1)>]]><?xml <img src=x onerror=alert(1)>?>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "<p title='<img src=x onerror=alert(1)>'>x",
            "<a href='https://x.example/\"onmouseover=alert(1)'>x</a>",
            "<select><option><img src=x onerror=alert(1)></select><button formaction=javascript:alert(1)>x</button>",
            "<x onclick=alert(1)>x</x><瓶 onclick=alert(1)>",
            "<p\u{0}onclick=alert(1)>\u{0}x\u{202E}y",
        ] {
            let clean = check(html);
            let low = clean.to_lowercase();
            for word in [
                "<script",
                "onerror=",
                "<svg",
                "<math",
                "<iframe",
                "evil.example/t",
                "href=\"java",
                "href=\"data",
                "style=",
            ] {
                let within_tag = low
                    .find(word)
                    .is_some_and(|at| low[..at].rfind('<') > low[..at].rfind('>') || word.starts_with('<'));
                assert!(!within_tag, "{word} in {clean:?} of {html:?}");
            }
        }
        assert_eq!(check("<a href=\"javascript:alert(1)\">词</a>"), "<p>词</p>", "its words stay");
    }

    #[test]
    fn what_is_heaped_up_costs_no_more_than_what_is_laid_out() {
        let mega = 100_000;
        let fill = |s: &str| s.repeat(mega / s.len());
        let begun = Instant::now();
        for html in [
            "<div>".repeat(200_000),
            fill("<b><i>"),
            fill("<table><tr><td>"),
            fill("<ul><li>"),
            fill("<blockquote>"),
            fill("<p class=MsoListParagraph style='mso-list:l0 level3 lfo1'>x"),
            fill("<svg>"),
            fill("<script>"),
            fill("</p>"),
            fill("<"),
            fill("<!--"),
            fill("&"),
            fill("&x;"),
            fill("&lt;"),
            fill("<br> "),
            format!("<li>x{}", fill("<br> ")),
            format!("<p {}", fill("a ")),
            format!("<p {}", fill("a=&#1; ")),
            format!("<a href=\"{}", fill("&amp;")),
            (0..20_000).map(|n| format!("<div><b x={n}><i>")).collect(),
            (0..20_000).map(|n| format!("<a href=/{n}>")).collect(),
            fill("&nbsp;"),
        ] {
            let one = Instant::now();
            let clean = check(&html);
            assert!(clean.len() < 2_000_000, "{}", &html[..20]);
            let (mut depth, mut deepest) = (0_i32, 0);
            for (at, _) in clean.match_indices('<') {
                let (tag, _) = read(clean[at + 1..].trim_start_matches('/'));
                if clean[at + 1..].starts_with('/') {
                    depth -= 1;
                } else if !matches!(tag.name.as_str(), "br" | "hr" | "img") {
                    depth += 1;
                }
                deepest = deepest.max(depth);
            }
            assert!(deepest <= 45, "{deepest}: {}", &html[..20]);
            assert!(one.elapsed() < Duration::from_secs(30), "{:?}: {}", one.elapsed(), &html[..20]);
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{:?}", begun.elapsed());
    }

    fn soup() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(vec![
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<i>",
                "</i>",
                "<ul>",
                "</ul>",
                "<ol start=2>",
                "</ol>",
                "<li>",
                "</li>",
                "<table>",
                "</table>",
                "<tr>",
                "</tr>",
                "<td>",
                "</td>",
                "<th colspan=2>",
                "<thead>",
                "<tbody>",
                "<caption>",
                "</caption>",
                "<div>",
                "</div>",
                "<h1>",
                "</h1>",
                "<h3>",
                "<pre>",
                "</pre>",
                "<blockquote>",
                "</blockquote>",
                "<figure>",
                "</figure>",
                "<figcaption>",
                "</figcaption>",
                "<br>",
                "<hr>",
                "<a href=/x>",
                "<a href=javascript:x>",
                "</a>",
                "<span class=lead>",
                "<span>",
                "</span>",
                "<svg>",
                "</svg>",
                "<math>",
                "<style>",
                "</style>",
                "<script>",
                "</script>",
                "<o:p>",
                "</o:p>",
                "<!--",
                "-->",
                "<![if !x]>",
                "<p style='mso-list:l0 level1 lfo1'>",
                "<p style='mso-list:l0 level3 lfo1'>",
                "<span style='mso-list:Ignore'>",
                "<img src=/files/0123456789abcdef0123456789abcdef>",
                "<video src=/files/0123456789abcdef0123456789abcdef>",
                "<template>",
                "<select>",
                "<textarea>",
                "&nbsp;",
                "&lt;",
                "&#10;",
                "&amp;",
                "&",
                "<",
                ">",
                "\n",
                " ",
                "x",
                "瓶",
                "1.",
                "\"",
                "'",
                "<td class='note",
                "<p align=center>",
            ])
            .prop_map(str::to_owned),
            "[a-z瓶 ]{1,4}",
            "\\PC{1,3}",
        ];
        prop::collection::vec(part, 0..24).prop_map(|v| v.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn soup_comes_out_clean_and_stays_so(html in soup()) {
            check(&html);
        }

        #[test]
        fn words_are_never_lost(words in prop::collection::vec("[a-z]{3,8}", 1..6), tags in prop::collection::vec(
            prop::sample::select(vec!["<p>", "</p>", "<b>", "</b>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>", "<div>",
                "</div>", "<blockquote>", "<h2>", "</h2>", "<figure>", "<pre>", "<a href=x>", "<o:p>", "<caption>", "<figcaption>",
                "<p style='mso-list:l0 level2 lfo1'>"]), 1..20)) {
            let mut html = String::new();
            for (i, t) in tags.iter().enumerate() {
                html.push_str(t);
                html.push_str(words.get(i).map_or("", String::as_str));
            }
            let plain = domain::post::plain(&check(&html));
            for w in words.iter().take(tags.len()) {
                prop_assert!(plain.contains(w.as_str()), "{} of {} in {}", w, html, plain);
            }
        }
    }
}
