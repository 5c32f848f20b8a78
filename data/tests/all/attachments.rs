//! Files that people attach: who may attach what, and what is left over.

use crate::support::{NOW, World, both};
use data::{
    attachment::{self, Of},
    form_draft::{self, Form},
    paper_deed,
};
use domain::{
    attachment::{Attachment, Format},
    form::Values,
};

both!(
    only_ones_own_can_be_attached_and_uses_are_counted,
    what_nothing_refers_to_can_be_taken_out,
    what_a_draft_names_stays_and_what_is_gone_is_not_left_out,
    two_at_once_leave_the_count_right,
    what_is_being_taken_away_is_not_linked,
);

const A: i64 = 7;
const B: i64 = 8;

fn file(n: u8) -> Attachment {
    Attachment {
        token: format!("{n:032x}"),
        format: Format::Jpeg,
        name: format!("'; DROP TABLE attachment;-- {n}.jpg"),
        bytes: 1_234,
        sha256: "00".repeat(32),
        width: 640,
        height: 480,
        seconds: 0,
    }
}

async fn put(w: &World, n: u8, by: i64, at: i64) -> String {
    let f = file(n);
    attachment::put(w.db.writer(), &f, by, at).await.unwrap();
    f.token
}

async fn link(w: &World, of: Of, id: i64, tokens: &[&String], by: i64) -> bool {
    let tokens: Vec<String> = tokens.iter().map(|t| (*t).clone()).collect();
    let txn = w.db.begin_write().await.unwrap();
    let done = attachment::link(&txn, of, id, &tokens, by).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn uses(w: &World, token: &str) -> i32 {
    attachment::one(w.db.read(), token).await.unwrap().unwrap().0.uses
}

async fn only_ones_own_can_be_attached_and_uses_are_counted(w: World) {
    let (a1, a2, b1) = (put(&w, 1, A, NOW).await, put(&w, 2, A, NOW).await, put(&w, 3, B, NOW).await);
    assert!(link(&w, Of::Case, 5, &[&a2, &a1], A).await);
    assert!(!link(&w, Of::Case, 6, &[&b1], A).await, "somebody else's");
    assert!(!link(&w, Of::Case, 6, &[&a1, &a1], A).await, "twice");
    assert!(!link(&w, Of::Case, 6, &[&"0f".repeat(16)], A).await, "none");
    // Another editor keeps what stands there and adds his own.
    assert!(link(&w, Of::Case, 5, &[&b1, &a1], B).await);
    let of = attachment::of(w.db.read(), Of::Case, &[5, 6]).await.unwrap();
    let tokens: Vec<&String> = of[&5].iter().map(|f| &f.token).collect();
    assert_eq!(tokens, [&b1, &a1]);
    assert_eq!(of[&5][0], file(3));
    assert!(!of.contains_key(&6));
    assert_eq!((uses(&w, &a1).await, uses(&w, &a2).await, uses(&w, &b1).await), (1, 0, 1));
    let (_, by) = attachment::one(w.db.read(), &a1).await.unwrap().unwrap();
    assert_eq!(by, [(Of::Case, 5)]);
    assert!(link(&w, Of::Post, 5, &[&a1], A).await);
    assert_eq!(uses(&w, &a1).await, 2);
    assert!(link(&w, Of::Case, 5, &[], A).await);
    assert_eq!((uses(&w, &a1).await, uses(&w, &b1).await), (1, 0));
    attachment::downloaded(w.db.writer(), &a1, 3).await.unwrap();
    assert_eq!(attachment::one(w.db.read(), &a1).await.unwrap().unwrap().0.downloads, 3);
}

async fn what_nothing_refers_to_can_be_taken_out(w: World) {
    let (old, young, kept) = (put(&w, 1, A, NOW - 10).await, put(&w, 2, A, NOW).await, put(&w, 3, A, NOW - 20).await);
    assert!(link(&w, Of::Case, 5, &[&kept], A).await);
    let loose = attachment::loose(w.db.read(), NOW, 10).await.unwrap();
    assert_eq!(loose.iter().map(|m| &m.token).collect::<Vec<_>>(), [&old]);
    assert!(attachment::remove(w.db.writer(), &old).await.unwrap());
    assert!(!attachment::remove(w.db.writer(), &old).await.unwrap());
    assert!(!attachment::remove(w.db.writer(), &kept).await.unwrap());
    assert_eq!(uses(&w, &young).await, 0);
}

async fn what_a_draft_names_stays_and_what_is_gone_is_not_left_out(w: World) {
    let (named, other) = (put(&w, 1, A, NOW - 10).await, put(&w, 2, A, NOW - 10).await);
    assert_eq!(attachment::waiting(w.db.read(), A).await.unwrap(), 2 * 1_234);
    assert_eq!(attachment::waiting(w.db.read(), B).await.unwrap(), 0);
    let keep = async |account: i64, files: &str| {
        let txn = w.db.begin_write().await.unwrap();
        let values = Values::from([("files".to_owned(), files.to_owned())]);
        let id = form_draft::save(&txn, account, (Form::Paper, 0, 0), &values, NOW).await.unwrap().unwrap();
        txn.commit().await.unwrap();
        id
    };
    let draft = keep(A, &format!("{},{named}", "0f".repeat(16))).await;
    // Another's draft keeps nothing that is not his.
    keep(B, &other).await;
    let loose = async || {
        let all = attachment::loose(w.db.read(), NOW, 10).await.unwrap();
        all.into_iter().map(|m| m.token).collect::<Vec<_>>()
    };
    assert_eq!(loose().await, std::slice::from_ref(&other));
    assert!(!attachment::remove(w.db.writer(), &named).await.unwrap());
    assert!(attachment::remove(w.db.writer(), &other).await.unwrap());
    // What is gone stands in its place, and nothing is attached without it.
    let files = paper_deed::files(w.db.read(), &[other.clone(), named.clone()], A).await.unwrap();
    assert_eq!(files.iter().map(|f| &f.token).collect::<Vec<_>>(), [&other, &named]);
    assert!(files[0].name.contains("附件已失效") && files[1].name == file(1).name);
    let txn = w.db.begin_write().await.unwrap();
    assert!(!paper_deed::attach(&txn, 5, &files, A).await.unwrap());
    assert!(paper_deed::attach(&txn, 5, &files[1..], A).await.unwrap());
    drop(txn);
    assert!(form_draft::remove(w.db.writer(), A, Form::Paper, draft).await.unwrap());
    assert_eq!(loose().await, [named]);
}

async fn two_at_once_leave_the_count_right(w: World) {
    let a = put(&w, 1, A, NOW).await;
    let one = async {
        for n in 0..10 {
            link(&w, Of::Case, n, &[&a], A).await;
        }
    };
    let two = async {
        for n in 10..20 {
            link(&w, Of::Case, n, &[&a], A).await;
        }
    };
    tokio::join!(one, two);
    assert_eq!(uses(&w, &a).await, 20);
}

async fn what_is_being_taken_away_is_not_linked(w: World) {
    let (gone, kept) = (put(&w, 1, A, NOW).await, put(&w, 2, A, NOW).await);
    // The sweep was first, and has not committed when somebody links the file.
    let sweep = w.db.begin_write().await.unwrap();
    assert!(attachment::remove(&sweep, &gone).await.unwrap());
    let tokens = [&gone];
    let (linked, ()) = tokio::join!(link(&w, Of::Case, 5, &tokens, A), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        sweep.commit().await.unwrap();
    });
    assert!(!linked, "its bytes go");
    assert!(attachment::of(w.db.read(), Of::Case, &[5]).await.unwrap().is_empty());
    // Whoever links it was first.
    let txn = w.db.begin_write().await.unwrap();
    assert!(attachment::link(&txn, Of::Case, 6, std::slice::from_ref(&kept), A).await.unwrap());
    let sweep = async {
        let txn = w.db.begin_write().await.unwrap();
        let removed = attachment::remove(&txn, &kept).await.unwrap();
        txn.commit().await.unwrap();
        removed
    };
    let (removed, ()) = tokio::join!(sweep, async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        txn.commit().await.unwrap();
    });
    assert!(!removed);
    assert_eq!(uses(&w, &kept).await, 1);
}
