use super::*;

fn fill(no: u64, at: i64) -> Change {
    Change::Fill(FillLine {
        no,
        at,
        site: 1,
        tag: "4904410522".into(),
        net_g: 14_500,
        verdict: FillVerdict::default(),
        sent: None,
    })
}

fn snapshot() -> Snapshot {
    Snapshot {
        no: 10,
        scope: Scope::City,
        build: "t".into(),
        ms: 0,
        day: 20_000,
        demo: false,
        city: String::new(),
        store_warn: [80, 95, 100],
        districts: vec![],
        stations: vec![Station {
            id: 1,
            org: 1,
            name: "一站".into(),
            district: 410_105,
            lng: None,
            lat: None,
            store_ml: 0,
        }],
        figures: Figures::default(),
    }
}

#[test]
fn a_delta_that_overlaps_counts_nothing_twice() {
    let at = clock::day_start(20_000) + 3_600_000;
    let mut s = snapshot();
    let d = Delta { from: 8, to: 12, ms: 5, c: vec![fill(9, at), fill(10, at), fill(11, at), fill(12, at)] };
    s.apply(&d).unwrap();
    assert_eq!((s.no, s.figures.fills_today, s.figures.net_g_today), (12, 2, 29_000));
    s.apply(&d).unwrap();
    assert_eq!(s.figures.fills_today, 2);
    assert_eq!(s.figures.by_district[&410_105].fills, 2);
}

#[test]
fn a_missed_stretch_is_refused() {
    let mut s = snapshot();
    assert_eq!(s.apply(&Delta { from: 11, to: 12, ms: 0, c: vec![] }), Err(FeedGap { have: 10, from: 11 }));
}

#[test]
fn yesterday_is_in_the_feed_but_not_in_today() {
    let mut s = snapshot();
    s.apply(&Delta { from: 10, to: 11, ms: 0, c: vec![fill(11, clock::day_start(20_000) - 1)] }).unwrap();
    assert_eq!(s.figures.fills_today, 0);
    assert_eq!(s.figures.feed.len(), 1);
    assert_eq!(s.figures.by_minute.len(), 1, "the curve runs over midnight");
}

#[test]
fn the_curve_and_the_feed_stay_bounded() {
    let mut s = snapshot();
    let start = clock::day_start(20_000);
    for i in 0..1_000_u64 {
        s.apply(&Delta { from: 10 + i, to: 11 + i, ms: 0, c: vec![fill(11 + i, start + i as i64 * 60_000)] }).unwrap();
    }
    assert_eq!(s.figures.by_minute.len() as i64, CURVE_MINUTES);
    assert_eq!(s.figures.feed.len(), FEED_LEN);
    assert_eq!(s.figures.fills_today, 1_000);
}

#[test]
fn the_wire_form_is_short_and_reads_back() {
    let f = ServerFrame::Delta(Delta { from: 1, to: 2, ms: 3, c: vec![fill(2, 4)] });
    let text = serde_json::to_string(&f).unwrap();
    assert!(text.len() < 160, "{text}");
    assert_eq!(serde_json::from_str::<ServerFrame>(&text).unwrap(), f);
}

#[test]
fn the_curve_is_pruned_by_the_servers_clock() {
    let mut s = snapshot();
    let start = clock::day_start(20_000);
    s.apply(&Delta { from: 10, to: 11, ms: start, c: vec![fill(11, start)] }).unwrap();
    s.reach(start + (CURVE_MINUTES - 1) * 60_000);
    assert_eq!(s.figures.by_minute.len(), 1);
    s.reach(start + CURVE_MINUTES * 60_000);
    assert!(s.figures.by_minute.is_empty(), "no fill is needed for a minute to leave");
    s.reach(0);
    assert_eq!(s.ms, start + CURVE_MINUTES * 60_000, "a clock that goes back moves nothing");
}

fn alert(no: u64, kind: AlertKind) -> Change {
    Change::Alert(AlertLine { no, at: 7, site: 1, tag: String::new(), kind, noted: None })
}

fn ack(no: u64, alert: u64) -> Change {
    Change::Ack(AckLine { no, at: 9, site: 1, alert, kind: AlertKind::Clone, display: 2 })
}

#[test]
fn open_alerts_stand_worst_and_oldest_first_and_noted_ones_last() {
    let mut s = snapshot();
    let c = vec![
        alert(11, AlertKind::Omission),
        alert(12, AlertKind::Clone),
        alert(13, AlertKind::Underfill),
        alert(14, AlertKind::Clone),
        ack(15, 12),
        ack(16, 12),
        ack(17, 99),
    ];
    s.apply(&Delta { from: 10, to: 17, ms: 0, c }).unwrap();
    assert_eq!(s.figures.open.iter().map(|a| a.no).collect::<Vec<_>>(), [14, 11, 13, 12]);
    assert_eq!(s.figures.open[3].noted, Some(9));
    assert_eq!(s.figures.attention.iter().map(Change::no).collect::<Vec<_>>(), [14, 12, 11]);
    assert_eq!(s.figures.feed.len(), 7);
}

#[test]
fn the_list_of_open_alerts_stays_bounded_and_keeps_the_worst() {
    let mut s = snapshot();
    for no in 11..200 {
        let kind = if no % 5 == 0 { AlertKind::Overfill } else { AlertKind::Underfill };
        s.apply(&Delta { from: no - 1, to: no, ms: 0, c: vec![alert(no, kind)] }).unwrap();
    }
    assert_eq!(s.figures.open.len(), OPEN_LEN);
    assert_eq!(s.figures.open.iter().filter(|a| a.kind == AlertKind::Overfill).count(), 37);
    assert!(s.figures.open.is_sorted_by_key(AlertLine::rank));
}

#[test]
fn refusals_are_counted_by_each_of_their_reasons() {
    let mut s = snapshot();
    let at = clock::day_start(20_000);
    let attempt = |no, at, decision| {
        let reasons = vec![Reason::LifeExceeded, Reason::InspectionExpired, Reason::DueSoon];
        Change::Attempt(AttemptLine { no, at, site: 1, tag: "T".into(), decision, reasons })
    };
    let c =
        vec![attempt(11, at, Decision::Block), attempt(12, at - 1, Decision::Block), attempt(13, at, Decision::Warn)];
    s.apply(&Delta { from: 10, to: 13, ms: 0, c }).unwrap();
    let seen: Vec<_> = s.figures.by_reason.iter().map(|(r, n)| (*r, *n)).collect();
    assert_eq!(seen, [(Reason::LifeExceeded, 1), (Reason::InspectionExpired, 1)], "today's only, and blocks only");
    assert_eq!((s.figures.blocked_today, s.figures.warned_today), (1, 1));
}

#[test]
fn totals_set_gauges_and_may_stand_for_the_number_reached() {
    let mut s = snapshot();
    let totals = |no, gauges: &[Gauge], whole| {
        Change::Totals(TotalsLine {
            no,
            stock: Stock::default(),
            open_alerts: 3,
            gauges: gauges.to_vec(),
            whole,
            bulletin: None,
        })
    };
    s.apply(&Delta {
        from: 10,
        to: 12,
        ms: 0,
        c: vec![totals(12, &[(gauge::MADE, 2020, 5), (gauge::MADE, 2021, 6)], false)],
    })
    .unwrap();
    s.apply(&Delta { from: 12, to: 12, ms: 0, c: vec![totals(12, &[(gauge::MADE, 2020, 0)], false)] }).unwrap();
    assert_eq!(s.figures.gauges.iter().collect::<Vec<_>>(), [(gauge::MADE, 2021, 6)]);
    s.apply(&Delta { from: 9, to: 11, ms: 0, c: vec![totals(11, &[(gauge::MADE, 2000, 1)], true)] }).unwrap();
    assert_eq!(s.figures.gauges.of(gauge::MADE, 2021), 6, "older totals change nothing");
    s.apply(&Delta { from: 12, to: 13, ms: 0, c: vec![totals(13, &[(gauge::MADE, 2000, 1)], true)] }).unwrap();
    assert_eq!(s.figures.gauges.iter().collect::<Vec<_>>(), [(gauge::MADE, 2000, 1)]);
}

fn alert_line(no: u64, kind: AlertKind, noted: Option<i64>) -> AlertLine {
    AlertLine { no, at: 5, site: 1, tag: String::new(), kind, noted }
}

#[test]
fn every_change_says_where_and_when_in_the_ledger_and_reads_back() {
    let ack = AckLine { no: 12, at: 6, site: 1, alert: 11, kind: AlertKind::Clone, display: 3 };
    let attempt = AttemptLine {
        no: 13,
        at: 7,
        site: 1,
        tag: "T".into(),
        decision: Decision::Block,
        reasons: vec![Reason::NotOwn],
    };
    let totals =
        TotalsLine { no: 15, stock: Stock::default(), open_alerts: 2, gauges: vec![], whole: false, bulletin: None };
    let all = [
        Change::Alert(alert_line(11, AlertKind::Clone, None)),
        Change::Ack(ack),
        Change::Attempt(attempt),
        Change::Corrected(CorrectedLine { no: 14, at: 8, site: 1, net_g: 9 }),
        Change::Totals(totals),
    ];
    for (c, no) in all.iter().zip(11_u64..) {
        assert_eq!((c.no(), c.site()), (no, (no < 15).then_some(1)));
        let text = serde_json::to_string(c).unwrap();
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), *c, "{text}");
    }
}

#[test]
fn open_alerts_stand_worst_first_and_those_taken_note_of_last() {
    let mut lines = [
        alert_line(1, AlertKind::Overfill, Some(10)),
        alert_line(2, AlertKind::Underfill, None),
        alert_line(3, AlertKind::Overfill, None),
        alert_line(4, AlertKind::Overfill, Some(20)),
        alert_line(5, AlertKind::Clone, None),
    ];
    lines.sort_by_key(AlertLine::rank);
    assert_eq!(lines.iter().map(|l| l.no).collect::<Vec<_>>(), [3, 5, 2, 4, 1]);
}

#[test]
fn differences_of_the_stock_go_both_ways() {
    let a = Stock { on_file: 9, in_use: 4, due_soon: 3, overdue: 2, past_life: 1, scrapped: 5 };
    let b = Stock { on_file: 1, in_use: -2, due_soon: 3, overdue: -4, past_life: 5, scrapped: -6 };
    let mut s = a;
    s.add(&b);
    assert_eq!((s.on_file, s.in_use, s.due_soon, s.overdue, s.past_life, s.scrapped), (10, 2, 6, -2, 6, -1));
    s.subtract(&b);
    assert_eq!(s, a);
    s.subtract(&a);
    assert!(s.is_zero() && !a.is_zero());
}

fn wall_post(title: &str, marquee: &str) -> crate::post::WallPost {
    crate::post::WallPost {
        id: 7,
        slug: "7".into(),
        title: title.into(),
        summary: String::new(),
        marquee: marquee.into(),
        category: crate::post::Category::Safety,
        cover: String::new(),
        public_at: 5,
    }
}

#[test]
fn what_is_told_is_bounded_and_short_on_the_wire() {
    use bulletin::{Grades, HEADLINES, WORST};
    let (long, name) = ("长".repeat(900), "某".repeat(200));
    let posts = vec![wall_post(&long, &long); 40];
    let grades = Grades { counts: [1, 2, 3, 400], trends: [1, 2, 3], worst: vec![name; 40] };
    let b = Bulletin::of(posts, grades);
    assert_eq!((b.posts.len(), b.grades.as_ref().map(|g| g.worst.len())), (HEADLINES, Some(WORST)));
    assert!(b.posts[0].title.ends_with('…') && b.posts[0].title.chars().count() == crate::post::TITLE_MAX);
    assert!(serde_json::to_string(&b).unwrap().len() < 6_000);
    // A title is said once, where it is what goes by, too; text stays text.
    let one = Bulletin::of(vec![wall_post("<b>关阀</b>", "<b>关阀</b>")], Grades::default());
    assert_eq!((one.posts[0].line(), one.posts[0].line.as_str()), ("<b>关阀</b>", ""));
    assert_eq!((one.grades, serde_json::to_string(&Bulletin::default()).unwrap()), (None, "{}".into()));
}

#[test]
fn what_is_told_goes_whole_and_stays_until_it_is_another() {
    let mut s = snapshot();
    let told = |b: Option<Bulletin>| {
        Change::Totals(TotalsLine {
            no: 10,
            stock: Stock::default(),
            open_alerts: 0,
            gauges: vec![],
            whole: false,
            bulletin: b.map(Box::new),
        })
    };
    let b = Bulletin::of(vec![wall_post("冬季用气", "开窗通风")], bulletin::Grades::default());
    // Nothing was recorded meanwhile: it has the number that was reached before.
    s.apply(&Delta { from: 10, to: 10, ms: 1, c: vec![told(Some(b.clone()))] }).unwrap();
    assert_eq!(s.figures.bulletin, b);
    s.apply(&Delta { from: 10, to: 10, ms: 2, c: vec![told(None)] }).unwrap();
    assert_eq!(s.figures.bulletin, b);
    let text = serde_json::to_string(&s).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap().figures.bulletin, b);
    // A server of before knows nothing of it.
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    old["figures"].as_object_mut().unwrap().remove("bulletin");
    assert_eq!(serde_json::from_str::<Snapshot>(&old.to_string()).unwrap().figures.bulletin, Bulletin::default());
    s.apply(&Delta { from: 10, to: 10, ms: 3, c: vec![told(Some(Bulletin::default()))] }).unwrap();
    assert_eq!(s.figures.bulletin, Bulletin::default());
}
