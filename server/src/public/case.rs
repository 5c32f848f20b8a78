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
/// Fields of a form at most.
const FIELDS: usize = 40;
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

/// A form as it came. Its pictures go with it, unless they were attached to something or kept for the form that is shown again.
struct Sent {
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
    fn new(app: &AppState) -> Self {
        Self {
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

    /// What the words of the form say, and how many say nothing any more.
    fn tickets(&self, app: &AppState, form: &str) -> (Vec<kept::Ticket>, usize) {
        let most = FORM_MAX.saturating_sub(self.files.len());
        kept::read((&app.access.master, form), self.wanted(), most, app.clock.now())
    }

    /// Its pictures for the form that is shown again: those in hand are kept, too.
    async fn photos(
        &mut self,
        (app, address): (&AppState, Option<IpAddr>),
        form: &str,
        (tickets, lost): (Vec<kept::Ticket>, usize),
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
async fn sent(app: &AppState, request: Request, pictures: bool) -> (Sent, Option<Why>) {
    let mut out = Sent::new(app);
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
    let mut fields = 0;
    loop {
        let Some(field) = patient(form.next_field()).await? else { return Ok(()) };
        unread.none();
        fields += 1;
        if fields > FIELDS {
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
        } else if out.wanted().count() + out.files.len() >= FORM_MAX {
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
    let (mut form, broken) = sent(app, request, waits.is_none()).await;
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
async fn again((app, address): (&AppState, Option<IpAddr>), reading: Reading, form: &mut Sent, why: Text) -> String {
    let track = form.values.get("track").and_then(|t| Track::from_code(t));
    let tickets = form.tickets(app, kept::BRING);
    let photos = form.photos((app, address), kept::BRING, tickets).await;
    let bring = Bring { reading, track, values: form.values.clone(), why: Some(why), photos, ..Bring::default() };
    // What can be chosen is not needed to keep what was typed.
    let whole = filled(app, bring.clone()).await;
    pages::bring(whole.as_ref().unwrap_or(&bring))
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
    let (mut files, mut wanted) = (vec![], vec![]);
    for (ticket, found) in tickets.iter().zip(kept::found(app, &tickets).await?) {
        if let Some((file, true)) = found {
            files.push(file);
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
        let track = form.values.get("track").and_then(|t| Track::from_code(t));
        let mut values = form.values.clone();
        if faults.iter().any(|f| f.field == "key") {
            values.insert("key".into(), secret::random());
        }
        let photos = form.photos((app, address), kept::BRING, (wanted, lost)).await;
        let again = Bring { reading, track, values, faults, photos, ..Bring::default() };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::bring(&filled(app, again).await?)));
    };
    files.extend(form.files.iter().cloned());
    let entry = enter(app, (&e, &known), &files, now).await?;
    let sent = files.len();
    let (receipts, kept, twice) = match entry {
        Entry::New(r) => {
            form.files.clear();
            (r, sent, false)
        }
        Entry::Twice(r) => {
            let nobody = (&Actor::default(), now);
            let kept = match r.first() {
                Some(first) => data::case::keep_files(&app.db, first.id, &files, nobody).await?,
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
    };
    Ok(page(StatusCode::OK, pages::entered(reading, &receipts, Pictures { sent, kept, twice })))
}

async fn enter(
    app: &AppState,
    (e, known): (&case::Entered, &Known),
    files: &[Attachment],
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
    let address = asker(&app, &peer, &headers);
    let waits = address.and_then(|a| app.throttles.looked_up.ask(a, Instant::now()).err());
    let (mut form, broken) = sent(&app, request, waits.is_none()).await;
    let reading = read_as(&form.values, &headers);
    let held = |form: &Sent, status, why| {
        let words: Vec<String> = form.wanted().take(FORM_MAX).cloned().collect();
        page(status, pages::held(reading, why, &form.values, &words))
    };
    if let Some(wait) = waits {
        return patience(held(&form, StatusCode::TOO_MANY_REQUESTS, OFTEN), wait.as_secs());
    }
    if let Some(why) = broken {
        let known = form.values.contains_key("number") && why != Why::Interrupted;
        return if known { held(&form, crate::attachment::status(why), why.info()) } else { refused(reading, why) };
    }
    followed(&app, address, reading, &mut form).await.unwrap_or_else(|why| {
        tracing::error!(error = %why, "a case of the public");
        held(&form, StatusCode::SERVICE_UNAVAILABLE, DOWN)
    })
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
    let supplies = form.values.get("act").is_some_and(|a| a == Act::Supply.code());
    let purpose = kept::supply(&before.number);
    let (mut tickets, mut lost) = if supplies { form.tickets(app, &purpose) } else { (vec![], 0) };
    if form.values.contains_key("act") {
        let order = 121;
        match case::act(&form.values, order) {
            Err(all) => (faults, status) = (all, StatusCode::UNPROCESSABLE_ENTITY),
            Ok(_) if supplies && !form.refused.is_empty() => status = StatusCode::UNPROCESSABLE_ENTITY,
            Ok(asked) => {
                let found = kept::found(app, &tickets).await?;
                let loose: Vec<bool> = found.iter().map(|f| f.as_ref().is_some_and(|f| f.1)).collect();
                let missing = lost + loose.iter().filter(|l| !**l).count();
                // Of a form that was taken already they are with the case: that it is the same is told by them, too.
                if missing > 0 && !data::case::was_sent(app.db.read(), &asked.key).await? {
                    let mut loose = loose.into_iter();
                    tickets.retain(|_| loose.next().unwrap_or_default());
                    (lost, status) = (missing, StatusCode::UNPROCESSABLE_ENTITY);
                } else {
                    let mut files: Vec<Attachment> = found.into_iter().flatten().map(|f| f.0).collect();
                    files.extend(form.files.iter().filter(|_| supplies).cloned());
                    let nobody = (&Actor::default(), now);
                    let key = (number.as_str(), code.as_str());
                    let done = data::case::follow_act(&app.db, master, &rules, key, (&asked, files.as_slice()), nobody)
                        .await?;
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
    let photos = if supplies && status != StatusCode::OK {
        form.photos((app, address), &purpose, (tickets, lost)).await
    } else {
        Photos::default()
    };
    let Some(found) = data::case::follow(&app.db, master, &number, &code).await? else {
        return Ok(page(StatusCode::NOT_FOUND, pages::ask(reading, "", Some(WRONG))));
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
        Done::Barred(case::Bar::Often) => (case::Bar::Often.text(), StatusCode::TOO_MANY_REQUESTS),
        Done::Barred(bar) => (bar.text(), StatusCode::CONFLICT),
        _ => (t("现在不能这样做。", "That cannot be done now."), StatusCode::CONFLICT),
    };
    (Some(text), status)
}
