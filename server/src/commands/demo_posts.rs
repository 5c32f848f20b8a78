//! The posts of the demonstration: written by its editor, accepted by its reviewer, by the same functions as any.

use crate::{
    attachment,
    cli::Failure,
    demo::posts::{FILM, Files, LEAFLET, PICTURE, posts},
};
use data::{
    Db, WriteTxn, account,
    audit::Actor,
    post::{self, Asker, Step},
};
use domain::{
    clock::{self, DAY_MS},
    permission::{Permissions, Role},
    post::{Act, Stage},
    scope::Viewer,
};
use std::path::Path;

async fn actor(db: &Db, role: Role) -> Result<Actor, Failure> {
    let found = account::by_login(db.read(), role.code()).await?;
    let account = found.ok_or_else(|| format!("the demonstration has no account {}", role.code()))?;
    Ok(Actor { account: account.id, ..Actor::console() })
}

/// Takes a file as it takes an editor's.
async fn taken(txn: &WriteTxn, dir: &Path, bytes: &[u8], name: &str, by: (i64, i64)) -> Result<String, Failure> {
    let file = attachment::keep(dir, bytes, name).map_err(|why| format!("{name}: {}", why.info().en))?;
    data::attachment::put(txn, &file, by.0, by.1).await?;
    Ok(file.token)
}

/// Publishes them, and tells how many there are: `district` has one of its own, `promoter` promotes something.
///
/// # Errors
/// When the database fails, a file cannot be written, or a post is not accepted.
pub async fn load(db: &Db, dir: &Path, (district, promoter): (i32, i64), now: i64) -> Result<usize, Failure> {
    let (editor, reviewer) = (actor(db, Role::PublicityEditor).await?, actor(db, Role::PublicityReviewer).await?);
    let asker = |actor, role| Asker { viewer: Viewer::SYSTEM, may: Permissions::of(&[role]), actor };
    let edits = asker(&editor, Role::PublicityEditor);
    let reviews = asker(&reviewer, Role::PublicityReviewer);
    let txn = db.begin_write().await?;
    let by = (editor.account, now);
    let files = Files {
        picture: taken(&txn, dir, PICTURE, "冬季用气安全.jpg", by).await?,
        film: taken(&txn, dir, FILM, "燃气泄漏怎么办.mp4", by).await?,
        leaflet: taken(&txn, dir, LEAFLET, "入户安检自查表.pdf", by).await?,
    };
    let mut count = 0;
    for p in posts(&files, district, promoter, clock::local_date(now)) {
        let at = now.saturating_sub(p.days_ago.saturating_mul(DAY_MS));
        let refused = |what: &str| format!("the demonstration's post {} was not {what}", p.slug);
        let clean = post::clean(p.content).map_err(|e| format!("{}: {} is too long", p.slug, e.0))?;
        let made = post::create(&txn, edits, p.district, &clean, at).await?;
        let id = made.map_err(|why| format!("{}: {}", refused("begun"), why.info().en))?;
        if post::set_slug(&txn, edits, id, p.slug, at).await? != Some(Ok(())) {
            return Err(refused("named").into());
        }
        for (asker, act, then) in [(edits, Act::Submit, Stage::Submitted), (reviews, Act::Accept, Stage::Published)] {
            let step = Step { act, note: String::new(), seen: (1, 0), at: None };
            if post::act(&txn, asker, id, &step, at).await? != Some(Ok(then)) {
                return Err(refused(act.code()).into());
            }
        }
        count += 1;
    }
    txn.commit().await?;
    Ok(count)
}
