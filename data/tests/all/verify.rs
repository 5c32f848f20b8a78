//! `verify` is clean after everything, and names whatever was tampered with.

use crate::support::{NOW, World, both, file, fill, fill_at};
use domain::event::{EventKind, FillRecord};

both!(each_tampering_is_found_and_named);

/// A record with a bit of everything.
async fn city(w: &World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    w.ask(w.north.ask("a1", "T1")).await;
    w.ask(w.north.ask("a2", "T2")).await;
    w.ask(w.north.ask("a3", "NOBODY")).await;
    let named = FillRecord { attempt: Some("a1".into()), ..fill(1, "T1") };
    w.record(&[w.north.fill(&named), w.north.custody(2, EventKind::Ship, "T1", NOW), w.north.fill(&fill(5, "NOBODY"))])
        .await;
    w.record(&[w.south.fill(&fill_at(1, "T2", NOW)), w.south.fill(&fill_at(1, "T3", NOW))]).await;
    w.record(&[w.south.fill(&fill_at(2, "T2", NOW + 86_400_000))]).await;
    w.omissions(NOW).await;
}

async fn each_tampering_is_found_and_named(w: World) {
    city(&w).await;
    w.clean().await;
    let report = w.verify().await;
    assert_eq!((report.events, report.attempts, report.cylinders, report.other_rules), (6, 3, 2, 0));
    assert_eq!(report.alerts, w.all_alerts().await.len() as u64);
    let fill = w.events().await.into_iter().find(|e| e.attempt == "a1").unwrap();
    let (no, cylinder) = (fill.no, fill.cylinder_id.unwrap());
    let (north, asked) = (w.north.device, w.attempts().await[1].no);
    // What is done, how it is undone, and what the report must say.
    let swap = |table: &str, set: &str, back: &str, which: &str| {
        (format!("UPDATE {table} SET {set} WHERE {which}"), format!("UPDATE {table} SET {back} WHERE {which}"))
    };
    let one = |table: &str, which: &str| {
        (
            format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {which}; DELETE FROM {table} WHERE {which}"),
            format!("INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept"),
        )
    };
    let event = format!("no = {no}");
    let counted = "metric = 1 AND minute = -1";
    let cases = [
        ("deleted event", one("cylinder_event", &event), vec![format!("ledger numbers {no} to {no} are missing")]),
        (
            "deleted attempt",
            one("fill_attempt", &format!("no = {asked}")),
            vec![format!("ledger numbers {asked} to {asked} are missing")],
        ),
        (
            "gas added",
            swap("cylinder_event", "net_g = net_g + 1", "net_g = net_g - 1", &event),
            vec!["NetG".into(), format!("state of cylinder {cylinder}")],
        ),
        (
            "gross weight",
            swap("cylinder_event", "gross_g = 31450", "gross_g = 30930", &event),
            vec![format!("event {no}: anomalies")],
        ),
        (
            "time",
            swap("cylinder_event", "occurred_at = occurred_at - 60000", "occurred_at = occurred_at + 60000", &event),
            vec!["counter".into(), format!("state of cylinder {cylinder}")],
        ),
        ("kind", swap("cylinder_event", "kind = 2", "kind = 3", &event), vec![format!("state of cylinder {cylinder}")]),
        (
            "tag of an event",
            swap("cylinder_event", "tag = 'T2'", "tag = 'T1'", &event),
            vec![format!("event {no}: cylinder")],
        ),
        (
            "its cylinder",
            swap("cylinder_event", "cylinder_id = NULL", &format!("cylinder_id = {cylinder}"), &event),
            vec![format!("event {no}: cylinder")],
        ),
        (
            "its anomalies",
            swap("cylinder_event", "anomalies = 'OVERFILL'", "anomalies = ''", &event),
            vec![format!("event {no}: anomalies")],
        ),
        (
            "its number",
            swap("cylinder_event", "seq = 4", "seq = 1", &event),
            vec![format!("device {north} epoch 1: gaps")],
        ),
        (
            "counter",
            swap("counter", "value = value + 1", "value = value - 1", counted),
            vec!["counter CounterKey { metric: Fill".into()],
        ),
        ("deleted counter", one("counter", "metric = 14"), vec!["metric: OpenAlert".into()]),
        (
            "state",
            swap(
                "cylinder_state",
                "custody = custody + 1",
                "custody = custody - 1",
                &format!("cylinder_id = {cylinder}"),
            ),
            vec![format!("state of cylinder {cylinder}")],
        ),
        (
            "deleted state",
            one("cylinder_state", &format!("cylinder_id = {cylinder}")),
            vec![format!("state of cylinder {cylinder}")],
        ),
        (
            "file",
            swap("cylinder", "tare_g = 15000", "tare_g = 16400", &format!("id = {cylinder}")),
            vec![format!("file of cylinder {cylinder}")],
        ),
        ("deleted cylinder", one("cylinder", &format!("id = {cylinder}")), vec!["number of cylinders".into()]),
        (
            "tag",
            swap("tag", "cylinder_id = cylinder_id + 1", "cylinder_id = cylinder_id - 1", "code = 'T1'"),
            vec!["tag T1".into()],
        ),
        ("voided tag", swap("tag", "state = 2", "state = 1", "code = 'T1'"), vec!["tag T1".into()]),
        ("deleted tag", one("tag", "code = 'T1'"), vec!["tag T1".into()]),
        (
            "reasons",
            swap("fill_attempt", "reasons = 'DUE_SOON'", "reasons = 'NOT_OWN'", &format!("no = {asked}")),
            vec![format!("attempt {asked}: decision"), "BlockedReason".into()],
        ),
        (
            "decision",
            swap("fill_attempt", "decision = 0", "decision = 2", &format!("no = {asked}")),
            vec![format!("attempt {asked}: decision")],
        ),
        (
            "hash of the facts",
            swap(
                "fill_attempt",
                "facts_hash = 'x' || facts_hash",
                "facts_hash = substr(facts_hash, 2)",
                &format!("no = {asked}"),
            ),
            vec![format!("attempt {asked}: hash of the facts")],
        ),
        (
            "facts",
            swap(
                "fill_attempt",
                "facts = replace(facts, 'LPG', 'GPL')",
                "facts = replace(facts, 'GPL', 'LPG')",
                &format!("no = {asked}"),
            ),
            vec![format!("attempt {asked}: hash of the facts")],
        ),
        (
            "gap",
            swap("seq_gap", "last_seq = 3", "last_seq = 4", "first_seq = 3"),
            vec![format!("device {north} epoch 1: gaps")],
        ),
        ("deleted gap", one("seq_gap", "first_seq = 3"), vec![format!("device {north} epoch 1: gaps")]),
        (
            "next number",
            swap("device_epoch", "next_seq = next_seq + 1", "next_seq = next_seq - 1", &format!("device_id = {north}")),
            vec![format!("device {north} epoch 1: next number")],
        ),
        (
            "last number",
            swap("sequence", "last = last - 1", "last = last + 1", "name = 'ledger'"),
            vec!["last ledger number".into()],
        ),
        (
            "alert",
            swap("alert", "state = 'closed'", "state = 'open'", "kind = 'OMISSION'"),
            vec!["metric: OpenAlert".into()],
        ),
        ("deleted alert", one("alert", "kind = 'OMISSION'"), vec!["ledger number".into()]),
    ];
    for (what, (tamper, undo), expected) in cases {
        w.sql(&tamper).await;
        let report = w.verify().await;
        assert_eq!(report.differences, report.named.len() as u64);
        for needle in expected {
            assert!(
                report.named.iter().any(|n| n.contains(&needle)),
                "{what}: «{needle}» is not in {:#?}",
                report.named
            );
        }
        w.sql(&undo).await;
        let report = w.verify().await;
        assert!(report.is_clean(), "{what} was undone: {:#?}", report.named);
    }
}
