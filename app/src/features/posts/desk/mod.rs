//! The editor in the browser. What stands on the page is plain markup; here is what takes hold of it: the surface on which a text is written as
//! it looks, its tools, files, and what is kept and saved (`keep.rs`). A browser's own commands of editing are used, so that its undo works.

mod dom;
mod files;
mod keep;

use super::post_clean;
use crate::{kit::browser, lang::Lang};
use dom::{Listener, all, around, escaped, find};
use domain::{
    attachment::{Attachment, Kind},
    form::Fault,
};
use leptos::{html, prelude::*, task::spawn_local};
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::JsCast;
use web_sys::{
    ClipboardEvent, DataTransfer, DragEvent, Event, File, HtmlCanvasElement, HtmlDocument, HtmlElement,
    HtmlFormElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, ImageBitmap, KeyboardEvent, Range,
};

/// What the page tells the editor.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Post.
    pub id: i64,
    /// Version.
    pub no: i32,
    /// Revision that was loaded.
    pub revision: i64,
    /// Language of the page.
    pub lang: Lang,
    /// Account that writes.
    pub account: i64,
}

/// How the window stands.
#[derive(Default)]
struct State {
    /// Revision that it goes on from.
    base: i64,
    /// Grows with each text.
    typed: i64,
    /// Something is not saved.
    dirty: bool,
    /// Something is not kept in this browser either.
    unkept: bool,
    /// A save is on its way.
    sending: bool,
    /// Goes to the page of the post once all is saved.
    then: bool,
    /// Second from which a save is tried again.
    wait: u32,
    ticks: u32,
    /// The copy that this window writes in since somebody else was first.
    copy: Option<i64>,
    /// The text is written as HTML.
    source: bool,
    /// Something of the surface itself is dragged.
    own_drag: bool,
    /// Where the caret was when the surface was left.
    range: Option<Range>,
    /// The picture that is to be uploaded.
    picture: Option<File>,
    bitmap: Option<ImageBitmap>,
}

/// The editor of one window.
pub struct Desk {
    root: HtmlElement,
    form: HtmlFormElement,
    surface: HtmlElement,
    source: HtmlTextAreaElement,
    setup: Setup,
    tab: String,
    faults: RwSignal<Vec<Fault>>,
    state: RefCell<State>,
}

/// What has to be let go of when the page is left.
struct Held {
    desk: Rc<Desk>,
    _listeners: Vec<Listener>,
    timer: Option<IntervalHandle>,
}

/// Takes hold of the editor once it stands on the page, and lets go of it when the page is left.
pub fn open(root: NodeRef<html::Div>, setup: Setup, faults: RwSignal<Vec<Fault>>) {
    let held = StoredValue::new_local(None::<Held>);
    Effect::new(move |_| {
        let Some(element) = root.get() else { return };
        if held.with_value(Option::is_none) {
            held.set_value(begin(element.unchecked_into(), setup, faults));
        }
    });
    on_cleanup(move || {
        held.try_update_value(|h| {
            if let Some(h) = h.take() {
                h.desk.flush(true);
                if let Some(timer) = h.timer {
                    timer.clear();
                }
            }
        });
    });
}

fn begin(root: HtmlElement, setup: Setup, faults: RwSignal<Vec<Fault>>) -> Option<Held> {
    let random = || format!("{:x}", (js_sys::Math::random() * 4e15) as u64);
    let desk = Rc::new(Desk {
        form: find(&root, "form")?,
        surface: find(&root, "[data-desk=surface]")?,
        source: find(&root, "[data-desk=source]")?,
        root,
        setup,
        tab: random() + &random(),
        faults,
        state: RefCell::new(State { base: setup.revision, ..State::default() }),
    });
    let mut listeners = vec![];
    let mut on = |target: &web_sys::EventTarget, name: &'static str, hear: fn(&Rc<Desk>, &Event)| {
        let desk = Rc::clone(&desk);
        listeners.push(Listener::new(target, name, move |e| hear(&desk, &e)));
    };
    let root: &web_sys::EventTarget = &desk.root;
    let surface: &web_sys::EventTarget = &desk.surface;
    on(root, "click", Desk::clicked);
    on(root, "keydown", Desk::pressed);
    on(root, "input", Desk::put_in);
    on(root, "change", Desk::chosen);
    on(root, "submit", Desk::submitted);
    on(surface, "paste", Desk::pasted);
    on(surface, "drop", Desk::dropped);
    on(surface, "dragstart", |d, _| d.state.borrow_mut().own_drag = true);
    on(surface, "dragend", |d, _| d.state.borrow_mut().own_drag = false);
    let document = document();
    on(&document, "selectionchange", |d, _| d.selected());
    on(&document, "visibilitychange", |d, _| {
        if window().document().is_some_and(|d| d.hidden()) {
            d.flush(false);
        }
    });
    on(&window(), "pagehide", |d, _| d.flush(true));
    desk.surface.set_content_editable("true");
    let _ = desk.root.class_list().add_2("live", "rich");
    desk.command("defaultParagraphSeparator", "p");
    desk.say("saved", desk.t("自动保存已开启", "It is saved by itself as you type"));
    for (n, b) in all(&desk.root, "[data-desk=tools] button").into_iter().enumerate() {
        b.set_tab_index(if n == 0 { 0 } else { -1 });
    }
    desk.restore();
    let ticking = Rc::clone(&desk);
    let timer = set_interval_with_handle(move || ticking.tick(), Duration::from_secs(1)).ok();
    Some(Held { desk, _listeners: listeners, timer })
}

impl Desk {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.setup.lang.pick(zh, en)
    }

    /// How what was typed stands.
    fn say(&self, state: &str, text: &str) {
        if let Some(e) = find::<HtmlElement>(&self.root, "[data-desk=state]") {
            let _ = e.set_attribute("data-state", state);
            e.set_text_content(Some(text));
        }
    }

    fn progress(&self, text: &str, failed: bool) {
        if let Some(e) = find::<HtmlElement>(&self.root, "[data-desk=progress]") {
            e.set_class_name(if failed { "post-progress failed" } else { "post-progress" });
            e.set_text_content(Some(text));
        }
    }

    /// Tells something that has to be dealt with. The same is told once, so that nobody hears it every few seconds.
    fn notice(&self, kind: &str, text: &str, links: &[(String, &str)]) {
        let Some(place) = find::<HtmlElement>(&self.root, "[data-desk=notice]") else { return };
        let said = place.get_attribute("data-kind").unwrap_or_default();
        if said == kind && kind == "collision" {
            return;
        }
        let _ = place.set_attribute("data-kind", kind);
        place.set_text_content(None);
        place.set_class_name("told error");
        if let Some(p) = dom::element("p", text) {
            let _ = place.append_child(&p);
        }
        for (href, text) in links {
            let Some(a) = dom::element("a", text) else { continue };
            let _ = a.set_attribute("href", href);
            let _ = a.set_attribute("rel", "external");
            a.set_class_name("button");
            let _ = place.append_child(&a);
        }
    }

    /// The text as it stands.
    fn body(&self) -> String {
        if self.state.borrow().source { self.source.value() } else { self.surface.inner_html() }
    }

    fn selected(&self) {
        let Ok(Some(selection)) = window().get_selection() else { return };
        let within = selection.anchor_node().is_some_and(|n| self.surface.contains(Some(&n)));
        if within
            && selection.range_count() > 0
            && let Ok(range) = selection.get_range_at(0)
        {
            self.state.borrow_mut().range = Some(range.clone_range());
        }
    }

    /// Puts the caret where it was; at the end of the text where it never was.
    fn select(&self) {
        let _ = self.surface.focus();
        let kept = self.state.borrow().range.clone();
        let Ok(Some(selection)) = window().get_selection() else { return };
        let range = kept.or_else(|| {
            let range = document().create_range().ok()?;
            range.select_node_contents(&self.surface).ok()?;
            range.collapse_with_to_start(false);
            Some(range)
        });
        if let Some(range) = range {
            let _ = selection.remove_all_ranges();
            let _ = selection.add_range(&range);
        }
    }

    fn command(&self, name: &str, value: &str) {
        if let Ok(document) = document().dyn_into::<HtmlDocument>() {
            let _ = document.exec_command_with_show_ui_and_value(name, false, value);
        }
    }

    fn exec(&self, name: &str, value: &str) {
        if self.state.borrow().source {
            return;
        }
        self.select();
        self.command(name, value);
        self.changed();
    }

    fn insert(&self, html: &str) {
        if self.state.borrow().source {
            let text = format!("{}\n{html}\n", self.source.value());
            self.source.set_value(&text);
            self.changed();
        } else {
            self.exec("insertHTML", html);
        }
    }

    fn clicked(self: &Rc<Self>, e: &Event) {
        if around(e, "button[name=then]").is_some() {
            self.state.borrow_mut().then = true;
        }
        if let Some(button) = around(e, "[data-does]") {
            e.prevent_default();
            self.does(&button.get_attribute("data-does").unwrap_or_default());
        }
    }

    fn pressed(self: &Rc<Self>, e: &Event) {
        let Some(key) = e.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key) else { return };
        match key.as_str() {
            "ArrowRight" | "ArrowLeft" if around(e, "[data-desk=tools]").is_some() => {
                e.prevent_default();
                browser::focus_next("[data-desk=tools] button", if key == "ArrowRight" { 1 } else { -1 });
            }
            "Escape" if around(e, "[data-panel]").is_some() => self.does("close"),
            // A field of a panel is no field of the form.
            "Enter" => {
                if let Some(panel) = around(e, "[data-panel]").filter(|_| around(e, "input").is_some()) {
                    e.prevent_default();
                    if let Some(go) = find::<HtmlElement>(&panel, ".go") {
                        go.click();
                    }
                }
            }
            _ => {}
        }
    }

    fn put_in(self: &Rc<Self>, e: &Event) {
        if around(e, "[data-panel]").is_some() {
            self.draw();
        } else {
            self.changed();
        }
    }

    fn chosen(self: &Rc<Self>, e: &Event) {
        if around(e, "[data-desk=picture-file]").is_some() {
            if let Some(file) = self.file("picture-file") {
                self.picture(file);
            }
        } else if around(e, "[data-panel]").is_none() {
            self.changed();
        }
    }

    fn submitted(self: &Rc<Self>, e: &Event) {
        e.prevent_default();
        self.state.borrow_mut().dirty = true;
        self.send();
    }

    fn pasted(self: &Rc<Self>, e: &Event) {
        if let Some(data) = e.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data) {
            e.prevent_default();
            self.take(&data);
        }
    }

    fn dropped(self: &Rc<Self>, e: &Event) {
        // What is moved within the text the browser moves itself.
        if self.state.borrow().own_drag {
            return;
        }
        if let Some(data) = e.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer) {
            e.prevent_default();
            self.take(&data);
        }
    }

    /// What was pasted or dropped: the server makes HTML clean, a picture is uploaded like any other, all else is words.
    fn take(self: &Rc<Self>, data: &DataTransfer) {
        let html = data.get_data("text/html").unwrap_or_default();
        let words = data.get_data("text/plain").unwrap_or_default();
        let file = data.files().and_then(|f| f.get(0)).filter(|f| f.type_().starts_with("image/"));
        if let (Some(file), true) = (file, html.is_empty()) {
            self.panel("picture");
            self.picture(file);
            return;
        }
        if html.is_empty() {
            self.words(&words);
            return;
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            match post_clean(html).await {
                Ok(clean) if !clean.is_empty() => desk.insert(&clean),
                // Its words are there whatever happens to the rest.
                _ => desk.words(&words),
            }
        });
    }

    fn words(&self, text: &str) {
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
        match lines.as_slice() {
            [] => {}
            [one] => self.exec("insertText", one),
            many => {
                let html: String = many.iter().map(|l| format!("<p>{}</p>", escaped(l))).collect();
                self.insert(&html);
            }
        }
    }

    /// Opens one of the panels, closes the others.
    fn panel(&self, which: &str) {
        self.progress("", false);
        for panel in all(&self.root, "[data-panel]") {
            let this = panel.get_attribute("data-panel").is_some_and(|p| p == which);
            panel.set_hidden(!this);
            if this && let Some(first) = find::<HtmlElement>(&panel, "input") {
                let _ = first.focus();
            }
        }
    }

    fn field(&self, desk: &str) -> String {
        let selector = format!("[data-desk={desk}]");
        find::<HtmlInputElement>(&self.root, &selector)
            .map(|i| i.value())
            .or_else(|| find::<HtmlSelectElement>(&self.root, &selector).map(|s| s.value()))
            .unwrap_or_default()
    }

    fn empty(&self, desks: &[&str]) {
        for desk in desks {
            if let Some(input) = find::<HtmlInputElement>(&self.root, &format!("[data-desk={desk}]")) {
                input.set_value("");
            }
        }
    }

    fn file(&self, desk: &str) -> Option<File> {
        find::<HtmlInputElement>(&self.root, &format!("[data-desk={desk}]"))?.files()?.get(0)
    }

    fn does(self: &Rc<Self>, what: &str) {
        match what {
            "undo" | "redo" | "bold" | "italic" => self.exec(what, ""),
            "ul" => self.exec("insertUnorderedList", ""),
            "ol" => self.exec("insertOrderedList", ""),
            "p" | "h2" | "h3" => self.exec("formatBlock", what),
            "quote" => self.exec("formatBlock", "blockquote"),
            "link" | "table" | "picture" | "video" | "file" => self.panel(what),
            "close" => {
                self.panel("");
                self.select();
            }
            "source" => self.turn(),
            "link-go" => self.link(),
            "table-go" => self.table(),
            "picture-go" => self.send_picture(),
            "video-go" => self.send_video(),
            "file-go" => self.send_file(),
            _ => {}
        }
    }

    /// From the text as it looks to its HTML, and back: on the way back it is made clean, so that what is shown is what is saved.
    fn turn(self: &Rc<Self>) {
        let source = self.state.borrow().source;
        if !source {
            self.source.set_value(&self.surface.inner_html());
            self.state.borrow_mut().source = true;
            let _ = self.root.class_list().remove_1("rich");
            let _ = self.source.focus();
            return;
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            match post_clean(desk.source.value()).await {
                Ok(clean) => {
                    desk.surface.set_inner_html(&clean);
                    {
                        let mut state = desk.state.borrow_mut();
                        (state.source, state.range) = (false, None);
                    }
                    let _ = desk.root.class_list().add_1("rich");
                    desk.changed();
                }
                Err(why) => desk.progress(desk.setup.lang.text(why.words()), true),
            }
        });
    }

    fn link(&self) {
        let to = self.field("link-to");
        let to = to.trim();
        if to.is_empty() {
            self.progress(self.t("请填写地址", "Give the address"), true);
            return;
        }
        let known = ["http://", "https://", "mailto:", "tel:", "/", "#"].iter().any(|s| to.starts_with(s));
        let to = if known { to.to_owned() } else { format!("https://{to}") };
        let words = self.field("link-text");
        let bare = self.state.borrow().range.as_ref().is_none_or(Range::collapsed);
        if bare {
            let words = if words.trim().is_empty() { to.clone() } else { words };
            self.insert(&format!("<a href=\"{}\">{}</a>", escaped(&to), escaped(&words)));
        } else {
            self.exec("createLink", &to);
        }
        self.empty(&["link-to", "link-text"]);
        self.panel("");
    }

    fn table(&self) {
        let count = |desk: &str| self.field(desk).trim().parse::<usize>().unwrap_or(3).clamp(1, 30);
        let (rows, columns) = (count("table-rows"), count("table-columns"));
        let head = format!("<tr>{}</tr>", "<th><br></th>".repeat(columns));
        let row = format!("<tr>{}</tr>", "<td><br></td>".repeat(columns));
        let rest = row.repeat(rows.saturating_sub(1));
        self.insert(&format!("<table><thead>{head}</thead><tbody>{rest}</tbody></table><p><br></p>"));
        self.panel("");
    }

    /// A picture was chosen: it is shown with what of it is kept.
    fn picture(self: &Rc<Self>, file: File) {
        let desk = Rc::clone(self);
        spawn_local(async move {
            let bitmap = files::bitmap(&file).await;
            if bitmap.is_none() {
                // The server says what is wrong with it, if anything is.
                desk.progress(
                    desk.t("浏览器无法预览这张图片,将按原样上传", "It cannot be shown here, and is uploaded as it is"),
                    false,
                );
            }
            {
                let mut state = desk.state.borrow_mut();
                (state.picture, state.bitmap) = (Some(file), bitmap);
            }
            desk.draw();
        });
    }

    /// What is kept of the picture; none where it is kept whole.
    fn crop(&self) -> Option<(ImageBitmap, files::Crop)> {
        let bitmap = self.state.borrow().bitmap.clone()?;
        let number = |desk: &str, or: f64| self.field(desk).parse::<f64>().unwrap_or(or);
        let ratio = self.field("ratio");
        let ratio = ratio.split_once(':').and_then(|(a, b)| Some(a.parse::<f64>().ok()? / b.parse::<f64>().ok()?));
        let (kept, at) = (number("zoom", 100.0), (number("across", 50.0), number("down", 50.0)));
        if ratio.is_none() && kept >= 100.0 {
            return None;
        }
        let size = (f64::from(bitmap.width()), f64::from(bitmap.height()));
        let crop = files::crop(size, ratio.unwrap_or_default(), kept, at);
        Some((bitmap, crop))
    }

    fn draw(&self) {
        let Some(canvas) = find::<HtmlCanvasElement>(&self.root, "[data-desk=crop]") else { return };
        let Some(bitmap) = self.state.borrow().bitmap.clone() else {
            canvas.set_hidden(true);
            return;
        };
        let whole = (0.0, 0.0, f64::from(bitmap.width()), f64::from(bitmap.height()));
        files::show(&canvas, &bitmap, self.crop().map_or(whole, |c| c.1));
        canvas.set_hidden(false);
    }

    /// Sends a file and tells how far it is; what is wrong with it is told, too.
    async fn upload(self: &Rc<Self>, file: &web_sys::Blob, name: &str) -> Option<Attachment> {
        let desk = Rc::clone(self);
        self.progress(self.t("正在上传…", "Uploading…"), false);
        let told = move |text: String| desk.progress(&text, false);
        match files::upload(file, name, self.setup.lang, told).await {
            Ok(file) => {
                self.progress(&format!("{} {}", self.t("已上传", "Uploaded:"), file.name), false);
                Some(file)
            }
            Err(why) => {
                self.progress(&format!("{name}{} {why}", self.t(":", ":")), true);
                None
            }
        }
    }

    fn figure(&self, inner: &str, caption: &str) {
        let caption = caption.trim();
        let caption =
            if caption.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", escaped(caption)) };
        self.insert(&format!("<figure>{inner}{caption}</figure><p><br></p>"));
    }

    fn send_picture(self: &Rc<Self>) {
        let Some(file) = self.state.borrow().picture.clone() else {
            self.progress(self.t("请先选择图片", "Choose a picture first"), true);
            return;
        };
        let desk = Rc::clone(self);
        spawn_local(async move {
            let cut = match desk.crop() {
                Some((bitmap, crop)) => files::cut(&bitmap, crop).await,
                None => None,
            };
            let name = file.name();
            let sent = match &cut {
                Some(blob) => desk.upload(blob, &name).await,
                None => desk.upload(&file, &name).await,
            };
            let Some(sent) = sent else { return };
            let (alt, caption) = (desk.field("picture-alt"), desk.field("picture-caption"));
            let img = format!(
                "<img src=\"{}\" alt=\"{}\" width=\"{}\" height=\"{}\">",
                sent.address(),
                escaped(alt.trim()),
                sent.width,
                sent.height
            );
            desk.figure(&img, &caption);
            desk.offer_cover(&sent);
            desk.empty(&["picture-file", "picture-alt", "picture-caption"]);
            {
                let mut state = desk.state.borrow_mut();
                (state.picture, state.bitmap) = (None, None);
            }
            desk.draw();
        });
    }

    fn offer_cover(&self, file: &Attachment) {
        let Some(cover) = find::<HtmlSelectElement>(&self.root, "[data-desk=cover]") else { return };
        if let Some(option) = dom::element("option", &file.name) {
            let _ = option.set_attribute("value", &file.token);
            let _ = cover.append_child(&option);
        }
    }

    fn send_video(self: &Rc<Self>) {
        let Some(file) = self.file("video-file") else {
            self.progress(self.t("请先选择视频", "Choose a video first"), true);
            return;
        };
        let desk = Rc::clone(self);
        spawn_local(async move {
            let Some(sent) = desk.upload(&file, &file.name()).await else { return };
            if sent.format.info().kind != Kind::Video {
                desk.progress(desk.t("这不是视频", "This is no video"), true);
                return;
            }
            let chosen = desk.file("poster-file");
            let still = match chosen {
                Some(file) => desk.upload(&file, &file.name()).await,
                None => match files::frame(&sent.address()).await {
                    Some(blob) => desk.upload(&blob, "poster.jpg").await,
                    None => None,
                },
            };
            let poster = still.as_ref().map(|s| format!(" poster=\"{}\"", s.address())).unwrap_or_default();
            let video = format!("<video src=\"{}\"{poster} controls preload=\"metadata\"></video>", sent.address());
            desk.figure(&video, &desk.field("video-caption"));
            match still {
                Some(still) => desk.offer_cover(&still),
                None => desk.progress(
                    desk.t("视频已插入,但本浏览器取不出封面:可另选图片作封面后重新插入", "The video is in, but this browser shows no frame of it: choose a picture as its still and put it in again"),
                    true,
                ),
            }
            desk.empty(&["video-file", "poster-file", "video-caption"]);
        });
    }

    fn send_file(self: &Rc<Self>) {
        let Some(file) = self.file("file-file") else {
            self.progress(self.t("请先选择文件", "Choose a file first"), true);
            return;
        };
        let desk = Rc::clone(self);
        spawn_local(async move {
            let Some(sent) = desk.upload(&file, &file.name()).await else { return };
            desk.offer_download(&sent);
            desk.empty(&["file-file"]);
            desk.changed();
        });
    }

    fn offer_download(&self, file: &Attachment) -> Option<()> {
        let list: HtmlElement = find(&self.root, "[data-desk=files]")?;
        let (line, label) = (dom::element("li", "")?, dom::element("label", "")?);
        let tick: HtmlInputElement = dom::element("input", "")?.dyn_into().ok()?;
        tick.set_type("checkbox");
        tick.set_name(&format!("downloads[{}]", file.token));
        tick.set_value("1");
        tick.set_checked(true);
        label.append_child(&tick).ok()?;
        for (kind, text) in [("span", format!(" {} ", file.name)), ("small", file.size())] {
            let part = dom::element(kind, &text)?;
            label.append_child(&part).ok()?;
        }
        line.append_child(&label).ok()?;
        list.append_child(&line).ok()?;
        Some(())
    }
}
