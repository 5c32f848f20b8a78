//! Cases that anybody brings, and how he follows them: plain forms, with pictures, without an account.

use super::{Peer, asker, decoded, kept, page, parameter, reading};
use crate::{
    api::problem::Problem,
    attachment::{Attachments, patient},
    paced::{Unread, paced},
    state::AppState,
    ws,
};
use app::public::{
    case::{self as pages, Bring, Followed, Held, Photos, Pictures},
    frame::Reading,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequest, Multipart, RawQuery, Request, State, multipart::Field},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use data::{
    attachment::Files,
    audit::Actor,
    case::{Done, Entry, Known},
    secret,
};
use domain::{
    attachment::{Accept, Attachment, FORM_MAX, PICTURE_BYTES, Why, sent_name},
    case::{self, Act, Channel, From, PUBLIC_FIELDS, Track},
    clock,
    form::{Fault, Values},
    list::encode,
    outcome::{RequestCode, Text},
    scope::{Scope, Viewer},
};
use std::{net::IpAddr, time::Instant};

pub(super) use pages::STYLE;

/// What all pictures of a form and the form around them may take, bytes.
const BODY_MAX: u64 = PICTURE_BYTES * FORM_MAX as u64 + (256 << 10);
/// What one field of text takes, bytes: the longest text in letters of four bytes.
const TEXT_BYTES: usize = 16 << 10;
/// Fields of a form at most, beside its pictures.
const FIELDS: usize = 40;
/// Pictures that are read of a form at most: whoever chose far more than it takes is told so by the form, with what he typed.
const CHOSEN: usize = 200;
/// Longest plain form, bytes.
const PLAIN_MAX: usize = 64 << 10;
/// The whole city: whoever brings a case may name any organisation of it.
const CITY: Viewer = Viewer { scope: Scope::City };

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const MANY: Text = t(
    "提交过于频繁,请稍后再试。紧急情况请拨打 119 或充装单位电话。",
    "Too much was sent from here: try again later. In an emergency call 119, or the filler.",
);
const DOWN: Text = t("系统暂时无法接收,请稍后再试。", "It cannot be taken at the moment: try again later.");
const BAD_FORM: Text = t("没有收到完整的表单,请重试。", "The form did not come whole: try again.");
const WRONG: Text = t("编号或查询码不正确。", "The number or the code is wrong.");
const OFTEN: Text = t("错误次数过多,请稍后再试。", "Too many wrong codes: try again later.");

/// `/complain` and `/case`.
pub(super) fn routes() -> Router<AppState> {
    let most = usize::try_from(BODY_MAX).unwrap_or(usize::MAX);
    Router::new()
        .route("/complain", get(form).post(bring))
        .route("/case", get(ask).post(follow))
        .layer(from_fn(paced))
        .layer(DefaultBodyLimit::max(most))
}

/// Which form comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// That by which a case is brought.
    Bring,
    /// That by which it is followed.
    Follow,
}

/// What the words of a form say, and how many say nothing any more.
type Tickets = (Vec<kept::Ticket>, usize);

/// A form as it came. Its pictures go with it, unless they were attached to something or kept for the form that is shown again.
struct Sent {
    which: Which,
    values: Values,
    files: Vec<Attachment>,
    /// Pictures that were refused, by their names.
    refused: Vec<(String, Why)>,
    /// How many were not looked at.
    left: usize,
    /// Words of pictures that were kept when it came before, and those of them that are not wanted any more.
    words: Vec<String>,
    unwanted: Vec<String>,
    at: Attachments,
}

impl Sent {
    fn new(app: &AppState, which: Which) -> Self {
        Self {
            which,
            values: Values::new(),
            files: vec![],
            refused: vec![],
            left: 0,
            words: vec![],
            unwanted: vec![],
            at: app.attachments.clone(),
        }
    }

    /// Takes one field of text.
    fn put(&mut self, name: String, text: String) {
        match name.as_str() {
            "kept" | "drop" => {
                let all = if name == "kept" { &mut self.words } else { &mut self.unwanted };
                if all.len() < FIELDS && kept::can_be(&text) {
                    all.push(text);
                }
            }
            "" => {}
            _ if name.len() > 40 => {}
            _ => {
                self.values.insert(name, text);
            }
        }
    }

    /// Words of pictures that are still wanted.
    fn wanted(&self) -> impl Iterator<Item = &String> {
        self.words.iter().filter(move |w| !self.unwanted.contains(w))
    }

    fn refuse(&mut self, name: &str, why: Why) {
        if self.refused.iter().all(|(_, w)| (*w, why) != (Why::TooMany, Why::TooMany)) {
            self.refused.push((sent_name(name), why));
        }
    }

    /// How many pictures it has so far. A word that says nothing any more takes no place: it is told to be missing as it is.
    fn pictures(&self, app: &AppState) -> usize {
        let form = match self.which {
            Which::Bring => kept::BRING.to_owned(),
            // The number stands before the pictures.
            Which::Follow => kept::supply(self.values.get("number").map(|n| n.trim()).unwrap_or_default()),
        };
        let (there, _) = kept::read((&app.access.master, &form), self.wanted(), FORM_MAX, app.clock.now());
        there.len() + self.files.len()
    }

    fn supplies(&self) -> bool {
        self.values.get("act").is_some_and(|a| a == Act::Supply.code())
    }

    /// What the words of the form say, and how many say nothing any more.
    fn tickets(&self, app: &AppState, form: &str) -> Tickets {
        let most = FORM_MAX.saturating_sub(self.files.len());
        kept::read((&app.access.master, form), self.wanted(), most, app.clock.now())
    }

    /// The same without what is attached to something by now, or gone: nobody is told of such that it is kept.
    async fn loose(&self, app: &AppState, form: &str) -> Tickets {
        let (mut tickets, lost) = self.tickets(app, form);
        let key = self.values.get("key").map(String::as_str).unwrap_or_default();
        let found = match data::case::was_sent(app.db.read(), key).await {
            // Of a form that was taken already they are with its case: sent again it is the same, pictures and all.
            Ok(true) => return (tickets, lost),
            Ok(false) => kept::found(app, &tickets).await,
            Err(why) => Err(why.into()),
        };
        match found {
            Ok(found) => {
                let before = tickets.len();
                let mut loose = found.iter().map(|f| f.as_ref().is_some_and(|f| f.1));
                tickets.retain(|_| loose.next().unwrap_or_default());
                let gone = before - tickets.len();
                (tickets, lost + gone)
            }
            // They are looked for when the form comes again.
            Err(why) => {
                tracing::warn!(error = %why, "pictures that were kept");
                (tickets, lost)
            }
        }
    }

    /// Its pictures for the form that is shown again: those in hand are kept, too.
    async fn photos(
        &mut self,
        (app, address): (&AppState, Option<IpAddr>),
        form: &str,
        (tickets, lost): Tickets,
    ) -> Photos {
        let (kept, left) = kept::keep(app, address, std::mem::take(&mut self.files)).await;
        for f in &left {
            self.at.discard(f);
        }
        let (master, now) = (&app.access.master, app.clock.now());
        let all: Vec<kept::Ticket> = tickets.into_iter().chain(kept).collect();
        let held: Vec<Held> =
            all.iter().filter_map(|t| Some(Held { word: t.word(master, form, now)?, name: t.name.clone() })).collect();
        let lost = lost + left.len() + self.left + (all.len() - held.len());
        Photos { held, refused: self.refused.clone(), lost }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        for f in &self.files {
            self.at.discard(f);
        }
    }
}

/// How the answer to a form is read: as its page was.
fn read_as(values: &Values, headers: &HeaderMap) -> Reading {
    let of = |name: &str| values.get(name).map(|v| format!("{name}={}", encode(v)));
    let query: Vec<String> = ["lang", "big"].into_iter().filter_map(of).collect();
    reading(&query.join("&"), headers)
}

fn failed(reading: Reading, why: &data::Error) -> Response {
    tracing::error!(error = %why, "a case of the public");
    page(StatusCode::SERVICE_UNAVAILABLE, pages::later(reading, DOWN))
}

async fn form(State(app): State<AppState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let reading = reading(&query, &headers);
    let track = parameter(&query, "track").and_then(|t| Track::from_code(&t));
    let mut values: Values =
        pages::CARRIED.into_iter().filter_map(|n| Some((n.to_owned(), parameter(&query, n)?))).collect();
    values.retain(|_, v| v.chars().count() <= 60 && !v.chars().any(char::is_control));
    values.insert("key".into(), secret::random());
    match filled(&app, Bring { reading, track, values, ..Bring::default() }).await {
        Ok(b) => page(StatusCode::OK, pages::bring(&b)),
        Err(why) => failed(reading, &why),
    }
}

/// With what can be chosen.
async fn filled(app: &AppState, bring: Bring) -> Result<Bring, data::Error> {
    if bring.track.is_none() {
        return Ok(bring);
    }
    let all = data::incident::choices(&app.db, CITY).await?;
    Ok(Bring {
        districts: all.districts.into_iter().map(|(d, n)| (d.to_string(), n)).collect(),
        orgs: all.orgs.into_iter().map(|(o, n)| (o.to_string(), n)).collect(),
        ..bring
    })
}

/// A form as far as it came, and why the rest did not: what was typed stands before what is attached. Where `pictures` are not wanted they
/// are read and left.
async fn sent(app: &AppState, request: Request, (which, pictures): (Which, bool)) -> (Sent, Option<Why>) {
    let mut out = Sent::new(app, which);
    let why = receive(app, request, pictures, &mut out).await.err();
    (out, why)
}

async fn receive(app: &AppState, request: Request, pictures: bool, out: &mut Sent) -> Result<(), Why> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let body = axum::body::to_bytes(request.into_body(), PLAIN_MAX).await.map_err(|_| Why::Interrupted)?;
        let text = String::from_utf8_lossy(&body);
        let pair = |p: &str| {
            let (n, v) = p.split_once('=')?;
            Some((decoded(n), decoded(v)))
        };
        for (name, value) in text.split('&').filter_map(pair).take(FIELDS) {
            out.put(name, value);
        }
        return Ok(());
    }
    let unread = request.extensions().get::<Unread>().cloned().unwrap_or_default();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Why::Interrupted)?;
    let (mut fields, mut chosen) = (0_usize, 0_usize);
    loop {
        let Some(field) = patient(form.next_field()).await? else { return Ok(()) };
        unread.none();
        // A choice of too many pictures is no reason to lose what was typed.
        let (count, most) = if field.name() == Some("photo") { (&mut chosen, CHOSEN) } else { (&mut fields, FIELDS) };
        *count += 1;
        if *count > most {
            return Err(Why::Interrupted);
        }
        one(app, field, (&mut *out, pictures), &unread).await?;
    }
}

/// One field of a form. A picture that is refused is remembered, and what follows is still read: whoever sent it is told what is wrong,
/// which nobody hears whose sending is broken off.
async fn one(
    app: &AppState,
    mut field: Field<'_>,
    (out, pictures): (&mut Sent, bool),
    unread: &Unread,
) -> Result<(), Why> {
    let name = field.name().unwrap_or_default().to_owned();
    if name == "photo" {
        let file = field.file_name().unwrap_or_default().to_owned();
        let mut field = Box::pin(field);
        if file.is_empty() {
            // Nothing was put into the field.
        } else if out.pictures(app) >= FORM_MAX {
            out.refuse(&file, Why::TooMany);
        } else if !pictures || out.refused.len() >= FORM_MAX {
            out.left += 1;
        } else {
            match app.attachments.take(&mut field, &file, Accept::Pictures, unread).await {
                Ok(f) => out.files.push(f),
                Err(Why::Interrupted) => return Err(Why::Interrupted),
                Err(why) => out.refuse(&file, why),
            }
        }
        while patient(field.chunk()).await?.is_some() {
            unread.none();
        }
        return Ok(());
    }
    let mut text: Vec<u8> = vec![];
    while let Some(chunk) = patient(field.chunk()).await? {
        unread.none();
        // What is longer than any field takes is cut, and found too long by who reads it: the other fields are not lost for it.
        text.extend(chunk.iter().take(TEXT_BYTES - text.len()));
    }
    out.put(name, String::from_utf8_lossy(&text).into_owned());
    Ok(())
}

async fn bring(app: State<AppState>, peer: Peer, headers: HeaderMap, request: Request) -> Response {
    if !ws::same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let app: &AppState = &app;
    let address = asker(app, &peer, &headers);
    let waits = address.and_then(|a| app.throttles.brought.ask(a, Instant::now()).err());
    let (mut form, broken) = sent(app, request, (Which::Bring, waits.is_none())).await;
    let reading = read_as(&form.values, &headers);
    if let Some(wait) = waits {
        let text = again((app, address), reading, &mut form, MANY).await;
        return patience(page(StatusCode::TOO_MANY_REQUESTS, text), wait.as_secs());
    }
    match broken {
        Some(Why::Interrupted) => return refused(reading, Why::Interrupted),
        Some(why) if !form.values.contains_key("track") => return refused(reading, why),
        Some(why) => {
            let text = again((app, address), reading, &mut form, why.info()).await;
            return page(crate::attachment::status(why), text);
        }
        None => {}
    }
    match taken((app, address), reading, &mut form).await {
        Ok(r) => r,
        Err(why) => {
            tracing::error!(error = %why, "a case of the public");
            page(StatusCode::SERVICE_UNAVAILABLE, again((app, address), reading, &mut form, DOWN).await)
        }
    }
}

/// The form again, as it was filled in, and why it was not taken.
async fn again(at: (&AppState, Option<IpAddr>), reading: Reading, form: &mut Sent, why: Text) -> String {
    let tickets = form.loose(at.0, kept::BRING).await;
    shown_again(at, form, tickets, Bring { reading, why: Some(why), ..Bring::default() }).await
}

/// The same with what is wrong with it, and with these of its pictures.
async fn shown_again(
    (app, address): (&AppState, Option<IpAddr>),
    form: &mut Sent,
    tickets: Tickets,
    bring: Bring,
) -> String {
    let track = form.values.get("track").and_then(|t| Track::from_code(t));
    let photos = form.photos((app, address), kept::BRING, tickets).await;
    let bring = Bring { track, values: form.values.clone(), photos, ..bring };
    // What can be chosen is not needed to keep what was typed, and the pictures that were kept just now are known by this page alone.
    match filled(app, bring.clone()).await {
        Ok(whole) => pages::bring(&whole),
        Err(why) => {
            tracing::warn!(error = %why, "a form without what can be chosen");
            pages::bring(&bring)
        }
    }
}

fn patience(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.saturating_add(1)));
    response
}

/// A form that did not come whole.
fn refused(reading: Reading, why: Why) -> Response {
    let text = if why == Why::Interrupted { BAD_FORM } else { why.info() };
    page(crate::attachment::status(why), pages::later(reading, text))
}

async fn taken(
    (app, address): (&AppState, Option<IpAddr>),
    reading: Reading,
    form: &mut Sent,
) -> Result<Response, data::Error> {
    let now = app.clock.now();
    let channel = if form.values.get("scan").is_some_and(|s| s == "1") { Channel::Scan } else { Channel::Web };
    let mut faults = vec![];
    let mut entered = None;
    let values: Values = form
        .values
        .iter()
        .filter(|(n, _)| PUBLIC_FIELDS.contains(&n.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    match case::read(&values, clock::local_date(now), From::Citizen(channel)) {
        Ok(e) => match data::case::known(&app.db, CITY, &e).await? {
            Ok(known) => entered = Some((e, known)),
            Err(field) => faults.push(unknown(field)),
        },
        Err(all) => faults = all,
    }
    let (tickets, mut lost) = form.tickets(app, kept::BRING);
    let (mut before, mut wanted) = (vec![], vec![]);
    for (ticket, found) in tickets.iter().zip(kept::found(app, &tickets).await?) {
        if let Some((file, true)) = found {
            before.push(file);
            wanted.push(ticket.clone());
        }
    }
    lost += tickets.len() - wanted.len();
    // Of a form that was taken already, whose answer was lost, they are with its case.
    if lost > 0
        && let Some((e, _)) = &entered
        && data::case::was_sent(app.db.read(), &e.key).await?
    {
        lost = 0;
    }
    let (Some((e, known)), true, 0) = (entered, form.refused.is_empty(), lost) else {
        if faults.iter().any(|f| f.field == "key") {
            form.values.insert("key".into(), secret::random());
        }
        let again = Bring { reading, faults, ..Bring::default() };
        let text = shown_again((app, address), form, (wanted, lost), again).await;
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, text));
    };
    let files = Files { kept: &before, fresh: &form.files };
    let entry = enter(app, (&e, &known), files, now).await?;
    let sent = files.len();
    let (receipts, kept, twice) = match entry {
        Entry::New(r) => {
            form.files.clear();
            (r, sent, false)
        }
        Entry::Twice(r) => {
            let nobody = (&Actor::default(), now);
            let kept = match r.first() {
                Some(first) => data::case::keep_files(&app.db, first.id, files, nobody).await?,
                None => vec![],
            };
            // What is kept stays on the disk, the rest goes with the form.
            form.files.retain(|f| kept.iter().all(|k| k.token != f.token));
            (r, kept.len(), true)
        }
        Entry::Conflict => {
            form.values.insert("key".into(), secret::random());
            let text = t(
                "这张表单已经提交过另一件。如果下面是新的一件,请核对后再次提交。",
                "This form was sent already with something else. If this is another one, look at it and send it again.",
            );
            return Ok(page(StatusCode::CONFLICT, again((app, address), reading, form, text).await));
        }
        // Another form took it between the look at it and here.
        Entry::Gone => {
            let text = again((app, address), reading, form, Why::Gone.info()).await;
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, text));
        }
    };
    Ok(page(StatusCode::OK, pages::entered(reading, &receipts, Pictures { sent, kept, twice })))
}

async fn enter(
    app: &AppState,
    (e, known): (&case::Entered, &Known),
    files: Files<'_>,
    now: i64,
) -> Result<Entry, data::Error> {
    // Nothing is kept of whoever brings a case but what he says himself.
    let nobody = (&Actor::default(), now);
    data::case::enter(&app.db, &app.access.master, &app.rules.now(), (e, known), files, nobody).await
}

/// What was chosen that is not there.
fn unknown(field: &str) -> Fault {
    Fault {
        field: field.into(),
        zh: "没有找到,请核对后重填或留空".into(),
        en: "not found: check it, or leave it empty".into(),
    }
}

async fn ask(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let number: String =
        parameter(&query, "number").unwrap_or_default().chars().filter(|c| !c.is_control()).take(40).collect();
    page(StatusCode::OK, pages::ask(reading(&query, &headers), &number, None))
}

async fn follow(app: State<AppState>, peer: Peer, headers: HeaderMap, request: Request) -> Response {
    if !ws::same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let app: &AppState = &app;
    let address = asker(app, &peer, &headers);
    let waits = address.and_then(|a| app.throttles.looked_up.ask(a, Instant::now()).err());
    let (mut form, broken) = sent(app, request, (Which::Follow, waits.is_none())).await;
    let reading = read_as(&form.values, &headers);
    let at = (app, address);
    if let Some(wait) = waits {
        // Whoever tried too many codes is not told whether this one is right.
        let text = held(at, reading, &mut form, (OFTEN, false)).await;
        return patience(page(StatusCode::TOO_MANY_REQUESTS, text), wait.as_secs());
    }
    if let Some(why) = broken {
        if why == Why::Interrupted || !form.values.contains_key("number") {
            return refused(reading, why);
        }
        let text = held(at, reading, &mut form, (why.info(), true)).await;
        return page(crate::attachment::status(why), text);
    }
    match followed(app, address, reading, &mut form).await {
        Ok(r) => r,
        Err(why) => {
            tracing::error!(error = %why, "a case of the public");
            page(StatusCode::SERVICE_UNAVAILABLE, held(at, reading, &mut form, (DOWN, true)).await)
        }
    }
}

/// What was entered for a case with which nothing can be done at the moment, and why. Pictures that came with it are kept for whoever has the right
/// code, where it `may` be tried; otherwise he is told to choose them again, and the words of earlier ones are handed on unread.
async fn held(
    (app, address): (&AppState, Option<IpAddr>),
    reading: Reading,
    form: &mut Sent,
    (why, may): (Text, bool),
) -> String {
    let number = if may && form.supplies() { own(app, form).await } else { None };
    let photos = match number {
        Some(number) => {
            let purpose = kept::supply(&number);
            let tickets = form.loose(app, &purpose).await;
            form.photos((app, address), &purpose, tickets).await
        }
        None => {
            let name = |n: usize| reading.lang.pick(format!("照片 {n}"), format!("picture {n}"));
            let words = form.wanted().take(FORM_MAX).zip(1..);
            let held = words.map(|(w, n)| Held { word: w.clone(), name: name(n) }).collect();
            Photos { held, refused: form.refused.clone(), lost: form.files.len() + form.left }
        }
    };
    pages::held(reading, why, &form.values, &photos)
}

/// The number of the case of a form, where its code is right and the record answers.
async fn own(app: &AppState, form: &Sent) -> Option<String> {
    let of = |name: &str| form.values.get(name).map(|v| v.trim()).unwrap_or_default();
    let found = data::case::follow(&app.db, &app.access.master, of("number"), of("code")).await;
    found.ok().flatten().map(|p| p.number)
}

async fn followed(
    app: &AppState,
    address: Option<IpAddr>,
    reading: Reading,
    form: &mut Sent,
) -> Result<Response, data::Error> {
    let of = |name: &str| form.values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let (number, code) = (of("number"), of("code"));
    let (master, rules, now) = (&app.access.master, app.rules.now(), app.clock.now());
    // Nothing is done for whoever has not the right code, nor is he told what there is.
    let Some(before) = data::case::follow(&app.db, master, &number, &code).await? else {
        let number: String = number.chars().filter(|c| !c.is_control()).take(40).collect();
        return Ok(page(StatusCode::NOT_FOUND, pages::ask(reading, &number, Some(WRONG))));
    };
    if let Some(address) = address {
        app.throttles.looked_up.found(address, Instant::now());
    }
    let (mut told, mut faults, mut status) = (None, vec![], StatusCode::OK);
    let supplies = form.supplies();
    let purpose = kept::supply(&before.number);
    let (tickets, lost) = if supplies { form.tickets(app, &purpose) } else { (vec![], 0) };
    if form.values.contains_key("act") {
        let order = 121;
        match case::act(&form.values, order) {
            Err(all) => (faults, status) = (all, StatusCode::UNPROCESSABLE_ENTITY),
            Ok(_) if supplies && !form.refused.is_empty() => status = StatusCode::UNPROCESSABLE_ENTITY,
            Ok(asked) => {
                let found = kept::found(app, &tickets).await?;
                let missing = lost > 0 || found.iter().any(|f| f.as_ref().is_none_or(|f| !f.1));
                // Of a form that was taken already they are with the case: that it is the same is told by them, too.
                if missing && !data::case::was_sent(app.db.read(), &asked.key).await? {
                    status = StatusCode::UNPROCESSABLE_ENTITY;
                } else {
                    let earlier: Vec<Attachment> = found.into_iter().flatten().map(|f| f.0).collect();
                    let fresh: &[Attachment] = if supplies { &form.files } else { &[] };
                    let files = Files { kept: &earlier, fresh };
                    let nobody = (&Actor::default(), now);
                    let key = (number.as_str(), code.as_str());
                    let done = data::case::follow_act(&app.db, master, &rules, key, (&asked, files), nobody).await?;
                    (told, status) = outcome(&done);
                    if matches!(done, Done::Field("key")) {
                        form.values.remove("key");
                    }
                    if matches!(done, Done::Taken(_)) && supplies {
                        form.files.clear();
                    }
                }
            }
        }
    }
    let Some(found) = data::case::follow(&app.db, master, &number, &code).await? else {
        return Ok(page(StatusCode::NOT_FOUND, pages::ask(reading, "", Some(WRONG))));
    };
    // After all that can fail: the pictures that are kept here are known by the page alone.
    let photos = if supplies && status != StatusCode::OK {
        let tickets = form.loose(app, &purpose).await;
        form.photos((app, address), &purpose, tickets).await
    } else {
        Photos::default()
    };
    let mut previews = vec![];
    for f in &found.files {
        if let Some(bytes) = app.attachments.preview_bytes(f).await {
            previews.push(format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(bytes)));
        }
    }
    let sent_again = if status == StatusCode::OK { Values::new() } else { form.values.clone() };
    let view = Followed {
        reading,
        page: &found,
        code: &code,
        previews,
        told,
        faults,
        photos,
        key: sent_again.get("key").cloned().unwrap_or_else(secret::random),
        values: sent_again,
        now,
    };
    let answer = page(status, pages::followed(&view));
    if status == StatusCode::TOO_MANY_REQUESTS {
        let tomorrow = clock::day_start(clock::local_day(now).saturating_add(1));
        return Ok(patience(answer, u64::try_from(tomorrow.saturating_sub(now) / 1_000).unwrap_or_default()));
    }
    Ok(answer)
}

/// What whoever brought a case is told of what he did.
fn outcome(done: &Done) -> (Option<Text>, StatusCode) {
    let (text, status) = match done {
        Done::Taken(_) => (t("已提交。", "Sent."), StatusCode::OK),
        Done::Twice => (
            t("同样的内容已经收到,没有重复提交。", "The same was received before: it was not taken twice."),
            StatusCode::OK,
        ),
        Done::Stale => (
            t(
                "办理情况刚有变化,请看过下面的经过后再提交。",
                "Something was done meanwhile: read it below and send again.",
            ),
            StatusCode::CONFLICT,
        ),
        Done::Field("key") => (
            t(
                "这张表单已经提交过别的内容。如要再补充,请核对后再次提交。",
                "This form was sent already with something else: look at it and send it again.",
            ),
            StatusCode::CONFLICT,
        ),
        Done::Field("photo") => (
            t("照片总数已达上限,请去掉照片后再提交。", "There are as many pictures as can be: send it without any."),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        Done::Gone => (Why::Gone.info(), StatusCode::UNPROCESSABLE_ENTITY),
        Done::Barred(case::Bar::Often) => (case::Bar::Often.text(), StatusCode::TOO_MANY_REQUESTS),
        Done::Barred(bar) => (bar.text(), StatusCode::CONFLICT),
        _ => (t("现在不能这样做。", "That cannot be done now."), StatusCode::CONFLICT),
    };
    (Some(text), status)
}
