//! Publicity: from the draft to everybody and back, several editors at once, what is found, and what ends by itself.

use crate::support::{NORTH, NOW, Random, SOUTH, World, both};
use data::{
    audit::Actor,
    page::AskError,
    post::{self, Asker, Clean, Save, Saved, Step},
    post_list,
};
use domain::{
    analysis::Span,
    clock::{self, DAY_MS, MINUTE_MS},
    list::{ListPage, ListQuery, PageAt},
    permission::{Permission, Permissions},
    post::{Act, Category, Content, Deny, PostLine, PublicAsk, PublicPage, Side, Stage, Why},
    scope::{Scope, Viewer},
};
use std::collections::BTreeMap;

both!(
    a_post_goes_from_its_draft_to_everybody_and_back,
    nobody_reviews_his_own_nor_what_he_did_not_see,
    a_district_writes_for_itself,
    nothing_that_was_typed_is_lost,
    a_window_that_hears_no_answer_goes_on,
    two_editors_see_each_other,
    texts_that_nobody_looks_through_are_bounded,
    a_schedule_outlives_the_server,
    another_version_is_written_while_the_old_one_stays,
    chinese_is_searched_and_what_fits_best_comes_first,
    what_is_past_its_validity_is_gone,
    openings_are_counted_and_nobody_stands_there,
    what_is_hostile_is_kept_clean,
    the_offices_list_is_narrowed_and_paged,
    names_in_addresses_are_given_once,
    files_that_a_post_names_stay_and_nobody_elses_become_public,
    naming_a_file_does_not_make_it_public,
    what_is_chosen_beside_a_text_is_attached_first,
    a_reviewers_pin_outlives_a_version,
);

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A file that an account sent.
async fn file(w: &World, token: &str, by: i64) {
    let f = domain::attachment::Attachment {
        token: token.into(),
        format: domain::attachment::Format::Jpeg,
        name: "x.jpg".into(),
        bytes: 1,
        sha256: "00".repeat(32),
        width: 1,
        height: 1,
        seconds: 0,
    };
    data::attachment::put(w.db.writer(), &f, by, NOW - 2 * DAY_MS).await.unwrap();
}

/// Somebody who works on posts.
struct Person {
    actor: Actor,
    scope: Scope,
    may: Permissions,
}

impl Person {
    fn asker(&self) -> Asker<'_> {
        Asker { viewer: Viewer { scope: self.scope }, may: self.may, actor: &self.actor }
    }
}

fn person(account: i64, scope: Scope, may: &[Permission]) -> Person {
    let actor = Actor { account, session: 1, address: "10.0.0.1".into() };
    Person { actor, scope, may: may.iter().fold(Permissions::NONE, |all, p| all.with(*p)) }
}

fn editor(account: i64) -> Person {
    person(account, Scope::City, &[Permission::PostEdit])
}

fn reviewer() -> Person {
    person(99, Scope::City, &[Permission::PostReview])
}

fn clean(c: Content) -> Clean {
    post::clean(c).unwrap()
}

fn content(title: &str, category: Category) -> Content {
    Content {
        title: title.into(),
        category: Some(category),
        body: format!("<p>{title}的正文。</p>"),
        ..Content::default()
    }
}

async fn create(w: &World, by: &Person, district: i32, c: Content) -> Result<i64, Deny> {
    let txn = w.db.begin_write().await.unwrap();
    let made = post::create(&txn, by.asker(), district, &clean(c), NOW).await.unwrap();
    txn.commit().await.unwrap();
    made
}

async fn seen(w: &World, id: i64) -> (i32, i64) {
    let p = post::one(&w.db, editor(1).asker(), id, "", NOW).await.unwrap().unwrap();
    (p.version.no, p.version.revision)
}

async fn step_at(w: &World, by: &Person, id: i64, step: Step, now: i64) -> Option<Result<Stage, Deny>> {
    let txn = w.db.begin_write().await.unwrap();
    let done = post::act(&txn, by.asker(), id, &step, now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn act(w: &World, by: &Person, id: i64, act: Act) -> Option<Result<Stage, Deny>> {
    act_at(w, by, id, act, NOW).await
}

async fn act_at(w: &World, by: &Person, id: i64, act: Act, now: i64) -> Option<Result<Stage, Deny>> {
    let seen = seen(w, id).await;
    step_at(w, by, id, Step { act, note: "因为".into(), seen, at: None }, now).await
}

async fn write(w: &World, by: &Person, id: i64, s: Save<'_>, now: i64) -> Option<Result<Saved, Deny>> {
    let txn = w.db.begin_write().await.unwrap();
    let done = post::save(&txn, by.asker(), id, &s, now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

/// A post that everybody sees.
async fn published(w: &World, c: Content, now: i64) -> i64 {
    let id = create(w, &editor(1), 0, c).await.unwrap();
    assert_eq!(act_at(w, &editor(1), id, Act::Submit, now).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act_at(w, &reviewer(), id, Act::Accept, now).await, Some(Ok(Stage::Published)));
    id
}

async fn public(w: &World, ask: PublicAsk, now: i64) -> PublicPage {
    post::public_list(&w.db, &ask, now).await.unwrap()
}

async fn found(w: &World, text: &str) -> Vec<i64> {
    let ask = PublicAsk { text: text.into(), ..PublicAsk::default() };
    public(w, ask, NOW).await.posts.into_iter().map(|p| p.id).collect()
}

async fn actions(w: &World) -> Vec<String> {
    use sea_orm::{EntityTrait, QueryOrder};
    let rows = data::audit::Entity::find().order_by_asc(data::audit::Column::No).all(w.db.read()).await.unwrap();
    rows.into_iter().map(|r| format!("{} {}", r.account_id, r.action)).collect()
}

async fn a_post_goes_from_its_draft_to_everybody_and_back(w: World) {
    let (ed, re) = (editor(1), reviewer());
    let c = Content {
        summary: "通风、关阀、查漏".into(),
        tags: vec!["冬季".into(), "LPG".into()],
        on_wall: true,
        marquee: "请开窗通风".into(),
        ..content("冬季用气安全", Category::Safety)
    };
    let id = create(&w, &ed, 0, c.clone()).await.unwrap();
    let none = async || post::public_one(&w.db, &id.to_string(), NOW).await.unwrap().is_none();
    assert!(none().await);
    assert_eq!(act(&w, &re, id, Act::Accept).await, Some(Err(Deny::Stage)));
    assert_eq!(act(&w, &re, id, Act::Submit).await, Some(Err(Deny::Role)));
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &ed, id, Act::Accept).await, Some(Err(Deny::Role)));
    let bare = Step { act: Act::Return, note: " ".into(), seen: (1, 0), at: None };
    assert_eq!(step_at(&w, &re, id, bare, NOW).await, Some(Err(Deny::Reason)));
    assert_eq!(act(&w, &re, id, Act::Return).await, Some(Ok(Stage::Draft)));
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &ed, id, Act::Publish).await, Some(Err(Deny::Stage)));
    assert!(none().await);
    assert_eq!(act(&w, &re, id, Act::Accept).await, Some(Ok(Stage::Published)));
    let p = post::public_one(&w.db, &id.to_string(), NOW).await.unwrap().unwrap();
    assert_eq!((p.line.title.as_str(), p.body.as_str()), ("冬季用气安全", "<p>冬季用气安全的正文。</p>"));
    assert_eq!((p.line.public_at, p.line.tags.len(), p.line.path()), (NOW, 2, format!("/news/{id}")));
    let wall = post::on_wall(w.db.read(), Scope::City, NOW).await.unwrap();
    assert_eq!((wall.len(), wall[0].marquee.as_str()), (1, "请开窗通风"));
    assert_eq!(post::feed(&w.db, None, NOW).await.unwrap().len(), 1);
    assert_eq!(post::public_tags(&w.db, NOW).await.unwrap(), [("lpg".to_owned(), 1), ("冬季".to_owned(), 1)]);
    assert_eq!(public(&w, PublicAsk { tag: "Lpg".into(), ..PublicAsk::default() }, NOW).await.all, 1);
    let page = post::one(&w.db, re.asker(), id, "", NOW).await.unwrap().unwrap();
    assert_eq!(page.may.acts, [Act::Withdraw, Act::Pin]);
    assert_eq!(page.versions[0].decided.as_ref().map(|d| d.name.as_str()), Some("#99"));
    assert_eq!(act(&w, &ed, id, Act::Pin).await, Some(Err(Deny::Role)));
    assert_eq!(act(&w, &re, id, Act::Pin).await, Some(Ok(Stage::Published)));
    assert!(public(&w, PublicAsk::default(), NOW).await.posts[0].pinned);
    assert_eq!(act(&w, &ed, id, Act::Withdraw).await, Some(Ok(Stage::Withdrawn)));
    assert!(
        none().await
            && post::on_wall(w.db.read(), Scope::City, NOW).await.unwrap().is_empty()
            && found(&w, "安全").await.is_empty()
    );
    assert_eq!(act(&w, &ed, id, Act::Withdraw).await, Some(Err(Deny::Stage)));
    let log = actions(&w).await;
    let told: Vec<&str> = log.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "1 post.create",
            "1 post.submit",
            "99 post.return",
            "1 post.submit",
            "99 post.accept",
            "99 post.publish",
            "99 post.pin",
            "1 post.withdraw"
        ]
    );
}

async fn nobody_reviews_his_own_nor_what_he_did_not_see(w: World) {
    let both = |account| person(account, Scope::City, &[Permission::PostEdit, Permission::PostReview]);
    let (a, b, c) = (both(1), both(2), both(3));
    let id = create(&w, &a, 0, content("通知", Category::Notice)).await.unwrap();
    let text = clean(content("通知二", Category::Notice));
    let s = Save { no: 1, base: 0, tab: "b1", typed: 1, content: &text };
    assert!(matches!(write(&w, &b, id, s, NOW).await, Some(Ok(Saved::Saved { revision: 1, .. }))));
    let stale = Step { act: Act::Submit, note: String::new(), seen: (1, 0), at: None };
    assert_eq!(step_at(&w, &a, id, stale, NOW).await, Some(Err(Deny::Stale)));
    assert_eq!(act(&w, &a, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    // One began and submitted it, the other wrote in it.
    for own in [&a, &b] {
        assert_eq!(act(&w, own, id, Act::Accept).await, Some(Err(Deny::Own)));
        assert_eq!(act(&w, own, id, Act::Return).await, Some(Err(Deny::Own)));
        let p = post::one(&w.db, own.asker(), id, "", NOW).await.unwrap().unwrap();
        assert!(!p.may.edit && p.may.acts == [Act::Recall], "{:?}", p.may);
    }
    assert_eq!(act(&w, &c, id, Act::Accept).await, Some(Ok(Stage::Published)));
    // What lacks something is not submitted; what nobody may see is not there.
    let bare = create(&w, &a, 0, Content::default()).await.unwrap();
    assert_eq!(act(&w, &a, bare, Act::Submit).await, Some(Err(Deny::Faults)));
    let step = Step { act: Act::Submit, note: String::new(), seen: (1, 0), at: None };
    assert_eq!(step_at(&w, &a, 999, step, NOW).await, None);
    assert_eq!(act(&w, &a, bare, Act::Discard).await, Some(Ok(Stage::Discarded)));
    assert_eq!(act(&w, &a, bare, Act::Submit).await, Some(Err(Deny::Stage)));
}

async fn a_district_writes_for_itself(w: World) {
    let edit = [Permission::PostEdit];
    let (north, south) = (person(1, Scope::District(NORTH), &edit), person(2, Scope::District(SOUTH), &edit));
    let enterprise = person(3, Scope::Org(w.north.org), &edit);
    let news = || content("动态", Category::News);
    assert_eq!(create(&w, &north, 0, news()).await, Err(Deny::District));
    assert_eq!(create(&w, &north, SOUTH, news()).await, Err(Deny::District));
    assert_eq!(create(&w, &editor(9), 1, news()).await, Err(Deny::District));
    assert_eq!(create(&w, &enterprise, NORTH, news()).await, Err(Deny::Role));
    assert_eq!(create(&w, &reviewer(), 0, news()).await, Err(Deny::Role));
    let id = create(&w, &north, NORTH, news()).await.unwrap();
    let one = async |p: &Person| post::one(&w.db, p.asker(), id, "", NOW).await.unwrap().is_some();
    assert!(one(&north).await && one(&editor(9)).await);
    assert!(!one(&south).await && !one(&enterprise).await);
    assert_eq!(post::version(&w.db, Viewer { scope: Scope::District(SOUTH) }, id, 1).await.unwrap(), None);
    assert_eq!(act(&w, &south, id, Act::Discard).await, None);
    let text = clean(news());
    let s = Save { no: 1, base: 0, tab: "t", typed: 1, content: &text };
    assert_eq!(write(&w, &south, id, s, NOW).await, None);
    assert!(matches!(write(&w, &reviewer(), id, s, NOW).await, Some(Err(Deny::Role))));
    // A promotion names an enterprise of the district.
    let today = clock::local_date(NOW);
    let promotion = |org| Content {
        org,
        valid_from: Some(today),
        valid_to: Some(today),
        ..content("换瓶优惠", Category::Promotion)
    };
    assert_eq!(create(&w, &north, NORTH, promotion(w.south.org)).await, Err(Deny::Organisation));
    assert!(create(&w, &north, NORTH, promotion(w.north.org)).await.is_ok());
    // Everybody reads what is published, with the district's name.
    assert_eq!(act(&w, &north, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &reviewer(), id, Act::Accept).await, Some(Ok(Stage::Published)));
    assert_eq!(public(&w, PublicAsk::default(), NOW).await.posts[0].district, "金水区");
}

/// The revision that a window goes on from, how far it is, and the last text that it sent.
type Window = (i64, i64, Option<(i64, String)>);

/// Windows of three people write as it comes: with what they loaded, late, twice, the wrong way round. The last text of each stands in the
/// draft or beside it.
async fn nothing_that_was_typed_is_lost(w: World) {
    let mut random = Random(7);
    for _ in 0..3 {
        let people = [editor(1), editor(2), editor(3)];
        let windows = [(0, "a1"), (1, "b1"), (1, "b2"), (2, "c1")];
        let id = create(&w, &people[0], 0, content("题", Category::News)).await.unwrap();
        let mut state: BTreeMap<&str, Window> = windows.iter().map(|(_, t)| (*t, (0, 0, None))).collect();
        let mut withheld: Vec<(usize, &str, i64, i64, Clean)> = vec![];
        for n in 0..60 {
            let (who, tab) = windows[random.below(windows.len())];
            let at = NOW + n * 1_000;
            let now = seen(&w, id).await.1;
            let of = state.get_mut(tab).unwrap();
            // Sometimes it loads the draft anew; then it goes on from what it sees.
            if random.below(3) == 0 {
                of.0 = now;
            }
            of.1 += 1;
            let title = format!("题{n}{tab}");
            let text = clean(content(&title, Category::News));
            if random.below(5) == 0 {
                // The network holds it back: a later text of the same window comes first.
                withheld.push((who, tab, of.0, of.1, text));
                continue;
            }
            let s = Save { no: 1, base: of.0, tab, typed: of.1, content: &text };
            of.2 = Some((of.1, title));
            match write(&w, &people[who], id, s, at).await.unwrap().unwrap() {
                // An answer may be lost, too.
                Saved::Saved { revision, .. } if random.below(4) > 0 => of.0 = revision,
                Saved::Saved { .. } | Saved::Kept { .. } => {}
                Saved::Same { revision } => of.0 = revision,
            }
            if random.below(4) == 0 && !withheld.is_empty() {
                let (who, tab, base, typed, text) = withheld.remove(random.below(withheld.len()));
                let s = Save { no: 1, base, tab, typed, content: &text };
                let came = write(&w, &people[who], id, s, at).await.unwrap().unwrap();
                // What comes late is older than what the window sent since, or its last word.
                let of = state.get_mut(tab).unwrap();
                if !matches!(came, Saved::Same { .. }) && of.2.as_ref().is_none_or(|l| l.0 < typed) {
                    of.2 = Some((typed, text.content().title.clone()));
                }
            }
            let mut there = vec![post::one(&w.db, people[0].asker(), id, "", at).await.unwrap().unwrap().content.title];
            use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
            let all = post::kept::Entity::find().filter(post::kept::Column::PostId.eq(id)).all(w.db.read()).await;
            there.extend(all.unwrap().into_iter().map(|c| c.title));
            for (tab, (_, _, last)) in &state {
                assert!(last.as_ref().is_none_or(|l| there.contains(&l.1)), "{n} {tab} {last:?}: {there:?}");
            }
        }
    }
}

async fn a_window_that_hears_no_answer_goes_on(w: World) {
    let ed = editor(1);
    let id = create(&w, &ed, 0, content("零", Category::News)).await.unwrap();
    let texts: Vec<Clean> = ["一", "二", "三", "四"].iter().map(|t| clean(content(t, Category::News))).collect();
    let save = |base, typed: usize| Save {
        no: 1,
        base,
        tab: "a",
        typed: i64::try_from(typed).unwrap(),
        content: &texts[typed - 1],
    };
    let at = async |s: Save<'_>| write(&w, &ed, id, s, NOW).await.unwrap().unwrap();
    assert!(matches!(at(save(0, 1)).await, Saved::Saved { revision: 1, .. }));
    // The answers were lost: it goes on from what it knows.
    assert!(matches!(at(save(0, 2)).await, Saved::Saved { revision: 2, .. }));
    assert!(matches!(at(save(0, 4)).await, Saved::Saved { revision: 3, .. }));
    assert_eq!(at(save(0, 3)).await, Saved::Same { revision: 3 }, "an older text that came late");
    assert_eq!(at(save(3, 4)).await, Saved::Same { revision: 3 }, "the same again");
    let p = post::one(&w.db, ed.asker(), id, "a", NOW).await.unwrap().unwrap();
    assert_eq!((p.content.title.as_str(), p.standing.copies.len(), p.standing.elsewhere), ("四", 0, false));
    // What was typed while it was submitted elsewhere is kept, too.
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    let late = clean(content("五", Category::News));
    let s = Save { no: 1, base: 3, tab: "a", typed: 9, content: &late };
    assert!(matches!(at(s).await, Saved::Kept { standing, .. } if !standing.open && standing.copies.len() == 1));
    assert_eq!(post::one(&w.db, ed.asker(), id, "a", NOW).await.unwrap().unwrap().content.title, "四");
}

async fn two_editors_see_each_other(w: World) {
    let (a, b) = (editor(1), editor(2));
    let id = create(&w, &a, 0, content("题", Category::News)).await.unwrap();
    let present = async |p: &Person, tab: &str, now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let s = post::present(&txn, p.asker(), id, tab, now).await.unwrap().unwrap().unwrap();
        txn.commit().await.unwrap();
        s
    };
    assert!(present(&a, "a", NOW).await.here.is_empty());
    let seen = present(&b, "b", NOW + 10_000).await;
    assert_eq!((seen.here.len(), seen.here[0].name.as_str(), seen.here[0].own), (1, "#1", false));
    assert!(present(&a, "a2", NOW + 10_000).await.here[0].own);
    let (one, other) = (clean(content("甲的", Category::News)), clean(content("乙的", Category::News)));
    let s = Save { no: 1, base: 0, tab: "a", typed: 1, content: &one };
    assert!(matches!(write(&w, &a, id, s, NOW + 11_000).await, Some(Ok(Saved::Saved { revision: 1, .. }))));
    let s = Save { no: 1, base: 0, tab: "b", typed: 1, content: &other };
    let Some(Ok(Saved::Kept { copy, standing })) = write(&w, &b, id, s, NOW + 12_000).await else {
        panic!("somebody else was first")
    };
    // Both are told: who, and when.
    assert_eq!((standing.saved.name.as_str(), standing.saved.at, standing.elsewhere), ("#1", NOW + 11_000, true));
    let told = present(&a, "a", NOW + 13_000).await;
    assert_eq!(told.copies.len(), 1);
    let c = &told.copies[0];
    assert_eq!((c.why, c.of.name.as_str(), c.of.at, c.other.name.as_str()), (Why::Conflict, "#2", NOW + 12_000, "#1"));
    let (_, kept) = post::copy(&w.db, a.asker().viewer, copy).await.unwrap().unwrap();
    assert_eq!(kept, *other.content());
    assert_eq!(post::copy(&w.db, Viewer { scope: Scope::District(NORTH) }, copy).await.unwrap(), None);
    // He writes on before he looks: it is the same copy.
    let more = clean(content("乙的更多", Category::News));
    let s = Save { no: 1, base: 0, tab: "b", typed: 2, content: &more };
    assert!(matches!(write(&w, &b, id, s, NOW + 14_000).await, Some(Ok(Saved::Kept { copy: c, .. })) if c == copy));
    // He brings both together on top of what stands there, and the copy is done with.
    let s = Save { no: 1, base: 1, tab: "b", typed: 3, content: &more };
    assert!(matches!(write(&w, &b, id, s, NOW + 15_000).await, Some(Ok(Saved::Saved { revision: 2, .. }))));
    let settle = async || {
        let txn = w.db.begin_write().await.unwrap();
        let done = post::settle(&txn, b.asker(), copy, NOW).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    assert_eq!((settle().await, settle().await), (Some(Ok(true)), Some(Ok(false))));
    let told = present(&a, "a", NOW + 16_000).await;
    assert_eq!((told.copies.len(), told.revision, told.elsewhere, told.here.len()), (0, 2, true, 2));
    // Who was not heard of is not there; who closes his window neither.
    assert_eq!(present(&a, "a", NOW + 60_000).await.here.len(), 0);
    present(&b, "b", NOW + 60_000).await;
    let txn = w.db.begin_write().await.unwrap();
    post::leave(&txn, 2, id, "b").await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(present(&a, "a", NOW + 60_000).await.here.len(), 0);
    // Two saves under way at once: one of them is kept.
    let s = |tab, content| Save { no: 1, base: 2, tab, typed: 9, content };
    let both = tokio::join!(write(&w, &a, id, s("x", &one), NOW), write(&w, &b, id, s("y", &other), NOW));
    let kept = |r: &Option<Result<Saved, Deny>>| matches!(r, Some(Ok(Saved::Kept { .. })));
    assert_ne!(kept(&both.0), kept(&both.1), "{both:?}");
    let log = actions(&w).await;
    assert_eq!(log, ["1 post.create", "2 post.edit", "2 post.copy_settled"], "autosaves are not told one by one");
}

async fn a_schedule_outlives_the_server(w: World) {
    let (ed, re) = (editor(1), reviewer());
    let at = NOW + 2 * DAY_MS;
    let c = || Content { publish_at: Some(at), ..content("定时", Category::Notice) };
    let due = async |now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let done = post::publish_due(&txn, now).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    let mut ids = vec![];
    for _ in 0..3 {
        let id = create(&w, &ed, 0, c()).await.unwrap();
        assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
        assert_eq!(act(&w, &re, id, Act::Accept).await, Some(Ok(Stage::Scheduled)));
        ids.push(id);
    }
    assert_eq!(post::next_due(&w.db).await.unwrap(), Some(at));
    // One is taken back, and one sent back.
    assert_eq!(act(&w, &ed, ids[1], Act::Recall).await, Some(Ok(Stage::Draft)));
    assert_eq!(act(&w, &re, ids[2], Act::Return).await, Some(Ok(Stage::Draft)));
    assert!(due(at - 1).await.is_empty());
    assert_eq!(public(&w, PublicAsk::default(), at - 1).await.all, 0);
    // The server was down when it came due: whatever asks next publishes it, once.
    let later = at + 5 * MINUTE_MS;
    let both = tokio::join!(due(later), due(later));
    assert_eq!([both.0, both.1].concat(), [ids[0]]);
    assert!(due(later).await.is_empty());
    assert_eq!(public(&w, PublicAsk::default(), later).await.posts[0].public_at, later);
    assert_eq!(post::next_due(&w.db).await.unwrap(), None);
    assert_eq!(actions(&w).await.last().map(String::as_str), Some("0 post.publish"));
    // What comes due while it waits for its review is published with it.
    assert_eq!(act_at(&w, &ed, ids[1], Act::Submit, later).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act_at(&w, &re, ids[1], Act::Accept, later).await, Some(Ok(Stage::Published)));
    // Whoever accepts says when, if he likes: but not after its validity, and not beyond a lifetime.
    let to = clock::local_date(later);
    let c = Content { valid_to: Some(to), ..content("限期", Category::Notice) };
    let id = create(&w, &ed, 0, c).await.unwrap();
    assert_eq!(act_at(&w, &ed, id, Act::Submit, NOW).await, Some(Ok(Stage::Submitted)));
    let accept =
        async |at| step_at(&w, &re, id, Step { act: Act::Accept, note: String::new(), seen: (1, 0), at }, NOW).await;
    assert_eq!(accept(Some(later + 2 * DAY_MS)).await, Some(Err(Deny::Expired)));
    assert_eq!(accept(Some(i64::MAX)).await, Some(Err(Deny::Faults)));
    assert_eq!(accept(Some(NOW + MINUTE_MS)).await, Some(Ok(Stage::Scheduled)));
    assert_eq!(due(NOW + MINUTE_MS).await, [id]);
    // Or at once, whatever the version asks for.
    let c = Content { publish_at: Some(at), ..content("即时", Category::Notice) };
    let id = create(&w, &ed, 0, c).await.unwrap();
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    let step = Step { act: Act::Accept, note: String::new(), seen: (1, 0), at: Some(NOW) };
    assert_eq!(step_at(&w, &re, id, step, NOW).await, Some(Ok(Stage::Published)));
}

async fn texts_that_nobody_looks_through_are_bounded(w: World) {
    let (a, b) = (editor(1), editor(2));
    let id = create(&w, &a, 0, content("题", Category::News)).await.unwrap();
    let text = clean(content("甲的", Category::News));
    let s = Save { no: 1, base: 0, tab: "a", typed: 1, content: &text };
    assert!(matches!(write(&w, &a, id, s, NOW).await, Some(Ok(Saved::Saved { revision: 1, .. }))));
    let mut copies = std::collections::BTreeSet::new();
    for n in 0..25 {
        let (tab, text) = (format!("b{n}"), clean(content(&format!("乙的{n}"), Category::News)));
        let s = Save { no: 1, base: 0, tab: &tab, typed: 1, content: &text };
        let Some(Ok(Saved::Kept { copy, standing })) = write(&w, &b, id, s, NOW + n).await else {
            panic!("somebody else was first")
        };
        copies.insert(copy);
        assert!(standing.copies.iter().any(|c| c.id == copy && c.title == text.content().title), "{n}");
        let (_, kept) = post::copy(&w.db, b.asker().viewer, copy).await.unwrap().unwrap();
        assert_eq!(kept, *text.content());
    }
    assert_eq!(copies.len(), 20);
    // A window that has one of its own goes on in it, from whatever it starts.
    let more = clean(content("乙的更多", Category::News));
    let s = Save { no: 1, base: -1, tab: "b3", typed: 2, content: &more };
    let Some(Ok(Saved::Kept { copy, standing })) = write(&w, &b, id, s, NOW + 99).await else {
        panic!("somebody else was first")
    };
    assert_eq!((standing.copies.len(), copies.iter().nth(3)), (20, Some(&copy)));
    let (line, kept) = post::copy(&w.db, b.asker().viewer, copy).await.unwrap().unwrap();
    assert_eq!((line.title.as_str(), kept), ("乙的更多", more.content().clone()));
}

/// A file of a draft elsewhere stays its own, whoever writes its name into what everybody sees.
async fn naming_a_file_does_not_make_it_public(w: World) {
    let (hidden, own) = ("a".repeat(32), "b".repeat(32));
    file(&w, &hidden, 1).await;
    file(&w, &own, 8).await;
    let of = |token: &str| Content {
        body: format!("<p>图<img src=\"/files/{token}\"></p>"),
        ..content("图", Category::News)
    };
    create(&w, &editor(1), 0, of(&hidden)).await.unwrap();
    let far = person(8, Scope::District(NORTH), &[Permission::PostEdit]);
    let id = create(&w, &far, NORTH, Content { cover: own.clone(), ..of(&hidden) }).await.unwrap();
    assert_eq!(act(&w, &far, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &reviewer(), id, Act::Accept).await, Some(Ok(Stage::Published)));
    let open = async |t: &str| post::is_public_file(&w.db, t, NOW).await.unwrap();
    assert!(open(&own).await && !open(&hidden).await);
}

async fn what_is_chosen_beside_a_text_is_attached_first(w: World) {
    let (cover, download) = ("c".repeat(32), "d".repeat(32));
    file(&w, &cover, 1).await;
    file(&w, &download, 1).await;
    let body = (0..domain::post::FILES_MAX).map(|n| format!("<p><img src=\"/files/{n:032x}\"></p>")).collect();
    let c = Content { body, cover: cover.clone(), downloads: vec![download.clone()], ..content("图", Category::News) };
    let id = create(&w, &editor(1), 0, c).await.unwrap();
    let files = post::files(&w.db, Viewer { scope: Scope::City }, id).await.unwrap();
    let tokens: Vec<&String> = files.iter().map(|f| &f.0.token).collect();
    assert_eq!(tokens, [&cover, &download]);
    assert_eq!(act(&w, &editor(1), id, Act::Submit).await, Some(Err(Deny::Faults)), "they are too many together");
}

async fn a_reviewers_pin_outlives_a_version(w: World) {
    let (ed, re) = (editor(1), reviewer());
    let id = published(&w, content("题", Category::News), NOW).await;
    let renewed = async || {
        assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
        assert_eq!(act(&w, &re, id, Act::Accept).await, Some(Ok(Stage::Published)));
        public(&w, PublicAsk::default(), NOW).await.posts[0].pinned
    };
    // It was pinned before the version was begun; then the pin is taken while the next one is written.
    assert_eq!(act(&w, &re, id, Act::Pin).await, Some(Ok(Stage::Published)));
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Ok(Stage::Draft)));
    assert!(post::one(&w.db, ed.asker(), id, "", NOW).await.unwrap().unwrap().content.pinned);
    assert!(renewed().await);
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Ok(Stage::Draft)));
    let step = Step { act: Act::Unpin, note: String::new(), seen: (2, 0), at: None };
    assert_eq!(step_at(&w, &re, id, step, NOW).await, Some(Ok(Stage::Published)));
    assert!(!renewed().await);
}

async fn files_that_a_post_names_stay_and_nobody_elses_become_public(w: World) {
    use data::attachment::{self, Of};
    let file = async |n: u8, by: i64| {
        let f = domain::attachment::Attachment {
            token: format!("{n:032x}"),
            format: domain::attachment::Format::Jpeg,
            name: format!("{n}.jpg"),
            bytes: 1,
            sha256: "00".repeat(32),
            width: 1,
            height: 1,
            seconds: 0,
        };
        attachment::put(w.db.writer(), &f, by, NOW - 2 * DAY_MS).await.unwrap();
        f.token
    };
    let (a, b, c, d) = (file(1, 1).await, file(2, 1).await, file(3, 2).await, file(4, 5).await);
    let e = file(5, 1).await;
    attachment::link(w.db.writer(), Of::Case, 7, std::slice::from_ref(&d), 5).await.unwrap();
    let loose = async || {
        let all = attachment::loose(w.db.read(), NOW, 10).await.unwrap();
        all.into_iter().map(|m| m.token).collect::<std::collections::BTreeSet<_>>()
    };
    let of = |token: &str| Content {
        body: format!("<p><img src=\"/files/{token}\"></p>"),
        ..content("图", Category::News)
    };
    let id = create(&w, &editor(1), 0, Content { cover: b.clone(), ..of(&a) }).await.unwrap();
    assert_eq!(loose().await, [c.clone(), e.clone()].into());
    // Another editor adds his own; a picture that stands in no text any more stays with the version that had it. What is a citizen's stays his.
    let text = clean(Content { downloads: vec![d.clone(), "0f".repeat(16)], ..of(&c) });
    let s = Save { no: 1, base: 0, tab: "t", typed: 1, content: &text };
    assert!(matches!(write(&w, &editor(2), id, s, NOW).await, Some(Ok(Saved::Saved { .. }))));
    let files = post::files(&w.db, Viewer { scope: Scope::City }, id).await.unwrap();
    let tokens: Vec<&String> = files.iter().map(|f| &f.0.token).collect();
    assert_eq!((tokens, files[0].1), (vec![&a, &b, &c], 0));
    assert!(post::files(&w.db, Viewer { scope: Scope::District(NORTH) }, id).await.unwrap().is_empty());
    // What was kept aside keeps its files, too.
    let text = clean(of(&e));
    let s = Save { no: 1, base: 0, tab: "u", typed: 1, content: &text };
    assert!(matches!(write(&w, &editor(1), id, s, NOW).await, Some(Ok(Saved::Kept { .. }))));
    assert!(loose().await.is_empty());
    // A picture of a post that one sees can stand in another; of one that one does not see it cannot.
    let other = create(&w, &editor(9), 0, of(&a)).await.unwrap();
    assert_eq!(post::files(&w.db, Viewer { scope: Scope::City }, other).await.unwrap().len(), 1);
    let far = person(8, Scope::District(NORTH), &[Permission::PostEdit]);
    let none = create(&w, &far, NORTH, of(&a)).await.unwrap();
    assert!(post::files(&w.db, Viewer { scope: Scope::City }, none).await.unwrap().is_empty());
    assert_eq!(attachment::one(w.db.read(), &a).await.unwrap().unwrap().0.uses, 2);
}

async fn another_version_is_written_while_the_old_one_stays(w: World) {
    let (ed, re) = (editor(1), reviewer());
    let id = published(&w, content("旧题", Category::Law), NOW).await;
    let title = async || post::public_one(&w.db, &id.to_string(), NOW).await.unwrap().unwrap().line.title;
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Ok(Stage::Draft)));
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Err(Deny::Underway)));
    let text = clean(Content {
        body: "<p>旧题的正文。</p><p>新的一段。</p>".into(), ..content("新题", Category::Law)
    });
    let s = Save { no: 2, base: 0, tab: "a", typed: 1, content: &text };
    assert!(matches!(write(&w, &ed, id, s, NOW).await, Some(Ok(Saved::Saved { .. }))));
    assert_eq!((title().await.as_str(), found(&w, "新题").await), ("旧题", vec![]));
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(title().await, "旧题");
    assert_eq!(act_at(&w, &re, id, Act::Accept, NOW + DAY_MS).await, Some(Ok(Stage::Published)));
    assert_eq!(title().await, "新题");
    assert_eq!((found(&w, "新题").await, found(&w, "旧题的").await), (vec![id], vec![id]));
    let p = post::one(&w.db, ed.asker(), id, "", NOW).await.unwrap().unwrap();
    let stages: Vec<(i32, Stage)> = p.versions.iter().map(|v| (v.no, v.stage)).collect();
    assert_eq!(stages, [(2, Stage::Published), (1, Stage::Superseded)]);
    assert_eq!(p.line.public_at, Some(NOW), "its place is that of the first");
    let of = async |no| post::version(&w.db, ed.asker().viewer, id, no).await.unwrap().unwrap().1;
    let plain = |c: Content| domain::post::plain(&c.body);
    let d = domain::post::diff(&plain(of(1).await), &plain(of(2).await));
    assert!(d.iter().any(|p| p.side == Side::Is && p.text.contains("新的一段")), "{d:?}");
    // A version that is given up leaves what there was.
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Ok(Stage::Draft)));
    assert_eq!(act(&w, &ed, id, Act::Discard).await, Some(Ok(Stage::Discarded)));
    let p = post::one(&w.db, ed.asker(), id, "", NOW).await.unwrap().unwrap();
    assert_eq!((p.line.stage, p.line.no, p.line.public_no), (Stage::Published, 2, Some(2)));
    // Withdrawn while another is being written: that one stays.
    assert_eq!(act(&w, &ed, id, Act::Revise).await, Some(Ok(Stage::Draft)));
    assert_eq!(seen(&w, id).await.0, 4);
    let step = Step { act: Act::Withdraw, note: "有误".into(), seen: (2, 1), at: None };
    assert_eq!(step_at(&w, &re, id, step, NOW).await, Some(Ok(Stage::Withdrawn)));
    let p = post::one(&w.db, ed.asker(), id, "", NOW).await.unwrap().unwrap();
    assert_eq!((p.line.stage, p.line.public_no, p.versions[2].reason.as_str()), (Stage::Draft, None, "有误"));
    // What was withdrawn is news again when it comes back.
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act_at(&w, &re, id, Act::Accept, NOW + 3 * DAY_MS).await, Some(Ok(Stage::Published)));
    let p = post::public_one(&w.db, &id.to_string(), NOW).await.unwrap().unwrap();
    assert_eq!(p.line.public_at, NOW + 3 * DAY_MS);
}

async fn chinese_is_searched_and_what_fits_best_comes_first(w: World) {
    let of = |title: &str, body: &str| Content { body: body.into(), ..content(title, Category::News) };
    let a = published(&w, of("液化石油气钢瓶检验", "<p>每四年检验一次。</p>"), NOW).await;
    let b = published(&w, of("通知", "<p>请携带<b>液化石</b>油气钢瓶参加培训 YSP35.5。</p>"), NOW).await;
    let c = published(&w, of("石油价格", "<p>与气瓶无关,ＬＰＧ 除外。</p>"), NOW).await;
    assert_eq!(found(&w, "石油气钢瓶").await, [a, b], "in the title it weighs more");
    assert_eq!(found(&w, "检验").await, [a]);
    assert_eq!(found(&w, "瓶").await.len(), 3);
    assert_eq!(found(&w, "ysp35.5").await, [b]);
    assert_eq!(found(&w, "lpg 气瓶").await, [c]);
    for none in
        ["天然气", "石油气钢瓶 天然", "，。?", "'; DROP TABLE post; --", "%", "#", "strong", &"长".repeat(5_000)]
    {
        assert!(found(&w, none).await.is_empty(), "{none}");
    }
    let ask = PublicAsk { text: "检验".into(), category: Some(Category::Law), ..PublicAsk::default() };
    assert_eq!(public(&w, ask, NOW).await, PublicPage { page: 1, last: 1, ..PublicPage::default() });
    // Page after page: everything once.
    for n in 0..42 {
        published(&w, of(&format!("演练{n}"), "<p>消防演练</p>"), NOW + n).await;
    }
    let mut all = vec![];
    for page in [1, 2, 3] {
        let p = public(&w, PublicAsk { page, ..PublicAsk::default() }, NOW).await;
        assert_eq!((p.page, p.last, p.all), (page, 3, 45));
        all.extend(p.posts.into_iter().map(|p| p.id));
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 45);
    assert_eq!(public(&w, PublicAsk { page: 99, ..PublicAsk::default() }, NOW).await.page, 3);
}

async fn what_is_past_its_validity_is_gone(w: World) {
    let today = clock::local_date(NOW);
    let day = |n: i64| today + chrono::TimeDelta::days(n);
    let promotion = published(
        &w,
        Content {
            org: w.north.org,
            valid_from: Some(day(1)),
            valid_to: Some(day(3)),
            pinned: true,
            ..content("换瓶优惠", Category::Promotion)
        },
        NOW,
    )
    .await;
    let news = published(&w, content("换瓶新闻", Category::News), NOW + 1).await;
    let safety = published(&w, content("换瓶安全", Category::Safety), NOW - 90 * DAY_MS).await;
    let at = async |n: i64| {
        let p = public(&w, PublicAsk::default(), NOW + n * DAY_MS).await;
        p.posts.into_iter().map(|p| p.id).collect::<Vec<_>>()
    };
    assert_eq!(at(0).await, [safety, news], "safety first, however old");
    for n in [1, 2, 3] {
        assert_eq!(at(n).await, [safety, news, promotion], "day {n}: promotions last, though pinned");
    }
    assert_eq!(at(4).await, [safety, news]);
    let one = async |n: i64| post::public_one(&w.db, &promotion.to_string(), NOW + n * DAY_MS).await.unwrap();
    assert!(one(0).await.is_none() && one(4).await.is_none());
    let p = one(3).await.unwrap();
    assert_eq!((p.line.org_name.as_str(), p.line.valid_to), ("北郊气站", Some(day(3))));
    // What was seen and has ended is told apart from what nobody has seen.
    let gone = async |id: &str, n: i64| post::gone(&w.db, id, NOW + n * DAY_MS).await.unwrap();
    let (offer, report) = (promotion.to_string(), news.to_string());
    assert!(!gone(&offer, 0).await && !gone(&offer, 2).await && gone(&offer, 4).await);
    assert!(!gone(&report, 0).await && !gone("999", 0).await && !gone("a\0b", 0).await);
    let ask = PublicAsk { text: "换瓶".into(), ..PublicAsk::default() };
    assert_eq!(public(&w, ask, NOW + DAY_MS).await.posts.last().map(|p| p.id), Some(promotion));
    assert_eq!(post::feed(&w.db, None, NOW + DAY_MS).await.unwrap().len(), 2);
    assert_eq!(post::feed(&w.db, Some(Category::Promotion), NOW + DAY_MS).await.unwrap().len(), 1);
    let q = ListQuery::default().with("state", "expired");
    let late = post_list::list(&w.db, Viewer::SYSTEM, &q, NOW + 4 * DAY_MS).await.unwrap();
    assert!(late.rows.len() == 1 && late.rows[0].hidden);
    // What expired while it waited is not accepted any more.
    let c = Content {
        org: w.north.org,
        valid_from: Some(today),
        valid_to: Some(today),
        ..content("今天", Category::Promotion)
    };
    let id = create(&w, &editor(1), 0, c).await.unwrap();
    assert_eq!(act(&w, &editor(1), id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act_at(&w, &reviewer(), id, Act::Accept, NOW + DAY_MS).await, Some(Err(Deny::Expired)));
    for id in [promotion, news] {
        assert_eq!(act_at(&w, &editor(1), id, Act::Withdraw, NOW + 2).await, Some(Ok(Stage::Withdrawn)));
    }
    assert!(!gone(&offer, 9).await, "it was withdrawn before its first day");
    assert!(gone(&report, 0).await);
}

async fn openings_are_counted_and_nobody_stands_there(w: World) {
    let id = published(&w, content("题", Category::News), NOW).await;
    let day = clock::local_day(NOW);
    let add = async |counted: &[(i64, i32, i64)]| {
        let txn = w.db.begin_write().await.unwrap();
        post::read(&txn, counted).await.unwrap();
        txn.commit().await.unwrap();
    };
    add(&[(id, day, 3), (id, day + 1, 1), (999, day, 7), (id, day, -5), (id, day, 0)]).await;
    let (two, four) = ([(id, day, 2)], [(id, day, 4)]);
    tokio::join!(add(&two), add(&four));
    let days = Span { first: day, last: day + 1 };
    assert_eq!(post::reads(&w.db, Viewer::SYSTEM, id, days).await.unwrap(), [(day, 9), (day + 1, 1)]);
    let elsewhere = Viewer { scope: Scope::District(NORTH) };
    assert!(post::reads(&w.db, elsewhere, id, days).await.unwrap().is_empty());
    assert_eq!(post::public_one(&w.db, &id.to_string(), NOW).await.unwrap().unwrap().reads, 10);
    let all = post_list::list(&w.db, Viewer::SYSTEM, &ListQuery::default(), NOW).await.unwrap();
    assert_eq!(all.rows[0].reads, 10);
}

async fn what_is_hostile_is_kept_clean(w: World) {
    let body = format!(
        "<p onclick=alert(1)>开窗<script>alert(1)</script></p><img src='/files/{TOKEN}'><img src='https://evil.example/x'>"
    );
    let other = "f".repeat(32);
    file(&w, TOKEN, 1).await;
    file(&w, &other, 1).await;
    let c = Content {
        title: "a\u{0}b'; DROP TABLE post; --".into(),
        body,
        tags: vec!["%".into(), "<b>".into()],
        cover: other.clone(),
        downloads: vec![TOKEN.into()],
        ..content("", Category::News)
    };
    let ed = editor(1);
    let id = create(&w, &ed, 0, c).await.unwrap();
    let p = post::one(&w.db, ed.asker(), id, "", NOW).await.unwrap().unwrap();
    assert_eq!(p.content.title, "ab'; DROP TABLE post; --");
    assert_eq!(p.content.body, format!("<p>开窗</p><p><img src=\"/files/{TOKEN}\"></p>"));
    let text = clean(Content { summary: "改".into(), ..p.content });
    let s = Save { no: 1, base: 0, tab: "'; --", typed: 1, content: &text };
    let Some(Ok(Saved::Saved { tokens, .. })) = write(&w, &ed, id, s, NOW).await else { panic!("it is saved") };
    assert_eq!(tokens, [TOKEN.to_owned(), other.clone()]);
    let open = async |t: &str| post::is_public_file(&w.db, t, NOW).await.unwrap();
    assert!(!open(TOKEN).await, "a draft's files are nobody's");
    assert_eq!(act(&w, &ed, id, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &reviewer(), id, Act::Accept).await, Some(Ok(Stage::Published)));
    assert!(open(TOKEN).await && open(&other).await && !open("0").await);
    assert_eq!(act(&w, &reviewer(), id, Act::Withdraw).await, Some(Ok(Stage::Withdrawn)));
    assert!(!open(TOKEN).await);
    let long = Content { body: "x".repeat(domain::post::RAW_MAX + 1), ..Content::default() };
    assert!(post::clean(long).is_err());
}

async fn the_offices_list_is_narrowed_and_paged(w: World) {
    let ed = editor(1);
    for n in 0..25 {
        let district = if n % 2 == 0 { 0 } else { NORTH };
        create(&w, &ed, district, content(&format!("100%_{n}"), Category::News)).await.unwrap();
    }
    let tagged = Content { tags: vec!["冬季".into(), "LPG_1".into()], ..content("安全LpgＢ", Category::Safety) };
    published(&w, tagged, NOW + DAY_MS).await;
    let gone = create(&w, &ed, 0, content("误", Category::News)).await.unwrap();
    assert_eq!(act(&w, &ed, gone, Act::Discard).await, Some(Ok(Stage::Discarded)));
    let list = async |scope, q: &ListQuery| post_list::list(&w.db, Viewer { scope }, q, NOW).await;
    let start = ListQuery { size: 20, ..ListQuery::default() };
    let today = clock::local_date(NOW).to_string();
    for (name, value, n) in [
        ("q", "100%_", 25),
        ("q", "1%0", 0),
        ("q", "安全", 1),
        ("q", "全lPG", 1),
        ("q", "LpgＢ", 1),
        ("state", "draft", 25),
        ("state", "public", 1),
        ("state", "published", 1),
        ("state", "discarded", 1),
        ("state", "expired", 0),
        ("category", "safety", 1),
        ("district", "0", 14),
        ("district", "410105", 12),
        ("org", "7", 0),
        ("tag", "冬季", 1),
        ("tag", "lpg_1", 1),
        ("tag", "LPG%", 0),
        ("tag", "冬", 0),
        ("by", "1", 26),
        ("from", today.as_str(), 26),
        ("to", today.as_str(), 25),
    ] {
        assert_eq!(list(Scope::City, &start.with(name, value)).await.unwrap().total.count, n, "{name} {value}");
    }
    assert_eq!(list(Scope::District(NORTH), &start).await.unwrap().total.count, 12);
    assert_eq!(list(Scope::Org(w.north.org), &start).await.unwrap().total.count, 0);
    let ids = |p: &ListPage<PostLine>| p.rows.iter().map(|r| r.id).collect::<Vec<_>>();
    let first = list(Scope::City, &start).await.unwrap();
    let second = list(Scope::City, &start.at(PageAt::After(first.after.clone().unwrap()))).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), first.rows[0].stage), (20, 6, Stage::Published));
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
    let back = list(Scope::City, &start.at(PageAt::Before(second.before.clone().unwrap()))).await.unwrap();
    assert_eq!(ids(&back), ids(&first));
    for (q, field) in [
        (start.with("state", "x"), "state"),
        (start.with("category", "x"), "category"),
        (start.with("district", "x"), "district"),
        (start.with("from", "2026-02-30"), "from"),
        (start.with("q", "a\u{0}b"), "q"),
        (start.with("password", "1"), "filter"),
        (start.sorted("title"), "sort"),
        (start.at(PageAt::After("zz".into())), "cursor"),
    ] {
        assert!(matches!(list(Scope::City, &q).await, Err(AskError::Field(f)) if f == field), "{field}");
    }
}

async fn names_in_addresses_are_given_once(w: World) {
    let ed = editor(1);
    let a = create(&w, &ed, 0, content("甲", Category::News)).await.unwrap();
    let b = create(&w, &ed, 0, content("乙", Category::News)).await.unwrap();
    let name = async |id: i64, slug: &str| {
        let txn = w.db.begin_write().await.unwrap();
        let done = post::set_slug(&txn, ed.asker(), id, slug, NOW).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    assert_eq!(name(a, "2026").await, Some(Err(Deny::Faults)));
    assert_eq!(name(a, " Winter-Gas ").await, Some(Ok(())));
    assert_eq!(name(a, "winter-gas").await, Some(Ok(())));
    assert_eq!(name(b, "winter-gas").await, Some(Err(Deny::SlugTaken)));
    let both = tokio::join!(name(a, "one-name"), name(b, "one-name"));
    assert!([&both.0, &both.1].contains(&&Some(Err(Deny::SlugTaken))), "{both:?}");
    assert_eq!(name(a, "winter").await, Some(Ok(())));
    assert_eq!(act(&w, &ed, a, Act::Submit).await, Some(Ok(Stage::Submitted)));
    assert_eq!(act(&w, &reviewer(), a, Act::Accept).await, Some(Ok(Stage::Published)));
    assert_eq!(name(a, "other").await, Some(Err(Deny::Stage)), "people were sent to it by its name");
    for found in ["winter", "WINTER", &a.to_string()] {
        assert!(post::public_one(&w.db, found, NOW).await.unwrap().is_some(), "{found}");
    }
    for none in ["", "other", "0", "-1", &format!("0{a}"), "../x", "%", "1; --", &b.to_string()] {
        assert!(post::public_one(&w.db, none, NOW).await.unwrap().is_none(), "{none}");
    }
}
