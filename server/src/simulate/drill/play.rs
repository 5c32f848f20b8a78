//! Sends what the city does, tick by tick, and notes what was answered.

use super::city::{Ask, City, Tick, Upload};
use super::injected::{Sign, sign};
use crate::{
    cli::Failure,
    clock::Clock,
    ingest::Ingest,
    simulate::{
        client::{Answer, Client, Credentials, now_ms},
        report::Route,
    },
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

/// Requests under way at once.
const FLIGHT: usize = 64;
/// A gap this old is told, ms: the rule's minute.
const OMISSION_MS: i64 = 60_000;

/// What was sent and answered.
#[derive(Debug, Default)]
pub struct Played {
    /// Questions, fills and other events sent, what carries a fault left out.
    pub clean: u64,
    /// All of them.
    pub sent: u64,
    /// Sound questions that were refused, and answers that should have been others: in words.
    pub wrong: Vec<String>,
    /// The faults whose answer showed them.
    pub shown: Vec<usize>,
}

/// The server and how to reach it.
pub struct Stage {
    /// The client.
    pub client: Client,
    /// Who signs, by the device's place in the file of keys.
    pub credentials: Vec<Credentials>,
    /// The writer: the drill calls its jobs itself.
    pub ingest: Ingest,
    /// The server's clock.
    pub clock: Clock,
}

#[derive(Deserialize)]
struct Verdict {
    decision: String,
    reasons: Vec<Code>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Serialize)]
struct Batch<'a, R> {
    records: &'a [R],
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Result_>,
}

#[derive(Deserialize)]
struct Result_ {
    status: String,
}

impl Stage {
    /// Plays the city to its end.
    ///
    /// # Errors
    /// When the server refuses a request or does not answer.
    pub async fn play(&self, city: &mut City) -> Result<Played, Failure> {
        let mut out = Played::default();
        let mut ticks = 0_u64;
        while let Some(tick) = city.step() {
            self.set(tick.now);
            // Gaps of the tick before are older than a minute by now.
            self.ingest.omissions(tick.now - OMISSION_MS).await?;
            self.tick(tick, &mut out, city).await?;
            ticks += 1;
            if ticks.is_multiple_of(60) {
                tracing::info!(hours = ticks * 4 / 60, fills = city.fills, "drill");
            }
        }
        self.set(self.clock.now() + 2 * OMISSION_MS);
        self.ingest.omissions(self.clock.now() - OMISSION_MS).await?;
        Ok(out)
    }

    /// Puts the server's clock and the signatures' to an instant of the drill.
    fn set(&self, now: i64) {
        self.clock.shift(now - self.clock.now());
        self.client.shift.store(now - now_ms(), Ordering::Relaxed);
    }

    async fn tick(&self, tick: Tick, out: &mut Played, city: &City) -> Result<(), Failure> {
        self.asks(tick.asks, out, city).await?;
        self.uploads("/api/v1/fills", tick.fills, out, city).await?;
        self.asks(tick.late_asks, out, city).await?;
        self.uploads("/api/v1/fills", tick.again, out, city).await?;
        self.uploads("/api/v1/events", tick.custody, out, city).await
    }

    async fn asks(&self, asks: Vec<Ask>, out: &mut Played, city: &City) -> Result<(), Failure> {
        let asked: Vec<Result<(Ask, Verdict), Failure>> =
            stream::iter(asks).map(|a| self.ask(a)).buffered(FLIGHT).collect().await;
        for a in asked {
            let (ask, verdict) = a?;
            out.sent += 1;
            if ask.sound {
                out.clean += 1;
                if verdict.decision == "BLOCK" {
                    let why: Vec<String> = verdict.reasons.into_iter().map(|r| r.code).collect();
                    out.wrong.push(format!("{} was refused: {}", ask.request.tag, why.join(",")));
                }
            } else if let Some(mark) = ask.mark
                && let Sign::Gate(reasons) = sign(city.injected[mark].fault)
                && verdict.decision == "BLOCK"
                && verdict.reasons.iter().any(|r| reasons.iter().any(|x| x.code() == r.code))
            {
                out.shown.push(mark);
            }
        }
        Ok(())
    }

    async fn ask(&self, ask: Ask) -> Result<(Ask, Verdict), Failure> {
        let body = serde_json::to_vec(&ask.request)?;
        let who = self.credentials.get(ask.device).ok_or("a device without a key")?;
        let verdict = given(self.client.call(who, Route::Authorize, "/api/v1/fills/authorize", Some(&body)).await)?;
        Ok((ask, verdict))
    }

    async fn uploads<R: Serialize>(
        &self,
        path: &'static str,
        list: Vec<Upload<R>>,
        out: &mut Played,
        city: &City,
    ) -> Result<(), Failure> {
        let sent: Vec<Result<_, Failure>> =
            stream::iter(list).map(|u| self.upload(path, u)).buffered(FLIGHT).collect().await;
        for s in sent {
            for (mark, want, got) in s? {
                out.sent += 1;
                out.clean += u64::from(mark.is_none() && want == "ACCEPTED");
                if got != want {
                    out.wrong.push(format!("{path}: a record was answered {got} instead of {want}"));
                } else if let Some(m) = mark
                    && let Sign::Answer(status) = sign(city.injected[m].fault)
                    && status == got
                {
                    out.shown.push(m);
                }
            }
        }
        Ok(())
    }

    async fn upload<R: Serialize>(
        &self,
        path: &'static str,
        upload: Upload<R>,
    ) -> Result<Vec<(Option<usize>, &'static str, String)>, Failure> {
        let (records, marks): (Vec<R>, Vec<_>) = upload.records.into_iter().map(|(r, m, w)| (r, (m, w))).unzip();
        let body = serde_json::to_vec(&Batch { records: &records })?;
        let who = self.credentials.get(upload.device).ok_or("a device without a key")?;
        let answer: Results = given(self.client.call(who, Route::Upload, path, Some(&body)).await)?;
        if answer.results.len() != marks.len() {
            return Err(format!("{} answers to {} records", answer.results.len(), marks.len()).into());
        }
        Ok(marks.into_iter().zip(answer.results).map(|((m, w), r)| (m, w, r.status)).collect())
    }
}

fn given<T>(answer: Answer<T>) -> Result<T, Failure> {
    match answer {
        Answer::Given(t) => Ok(t),
        Answer::Refused(code) => Err(format!("the server refused a request: {code}").into()),
        Answer::GaveUp => Err("the server did not answer".into()),
    }
}
