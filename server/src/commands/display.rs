//! `pingji display` and `pingji revoke-device`: they work beside a running server, which notices within seconds.

use crate::{
    cli::{DisplayCommand, Ended, Failure, say},
    clock::Clock,
    config::Config,
    displays,
};
use data::{Db, device, display};
use domain::clock::local_text;

/// Runs the command.
///
/// # Errors
/// When the database fails, or there is no such display.
pub async fn run(config: &Config, command: DisplayCommand) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    let clock = Clock::default();
    match command {
        DisplayCommand::Pair => {
            let token = displays::offer(&db, &clock).await?;
            let scheme = if config.tls.is_some() { "https" } else { "http" };
            say(&format!("wall: {scheme}://{}/wall?pair={token}", config.listen));
        }
        DisplayCommand::List => {
            for d in display::active(db.read()).await? {
                say(&format!("{}\t{}\t{}", d.id, local_text(d.created_at), d.name));
            }
        }
        DisplayCommand::Revoke { id } => {
            if !display::revoke(db.writer(), id, clock.now()).await? {
                return Err(format!("there is no paired display {id}").into());
            }
            say(&format!("display {id} is revoked"));
        }
    }
    Ok(Ended::Done)
}

/// Revokes a device.
///
/// # Errors
/// When the database fails, or there is no such device.
pub async fn revoke_device(config: &Config, id: i64) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    if !device::revoke(db.writer(), id, Clock::default().now()).await? {
        return Err(format!("there is no device {id} that could be revoked").into());
    }
    say(&format!("device {id} is revoked"));
    Ok(Ended::Done)
}
