//! Answers to a gun's question: the facts, the decision, its record.

use super::{Answer, Question, plan::Plan};
use crate::{attempt, cylinder, gate_override::Scope, site};
use domain::{
    clock,
    gate::{self, Decision, Facts, GunFacts, PaperFacts, TagState, Verdict},
    ledger::attempt_counters,
    outcome::{AlertKind, Reason},
    wall::{AttemptLine, Change, Stock},
};

/// Codes as one text.
fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|r| r.code()).collect::<Vec<_>>().join(",")
}

impl Plan<'_> {
    /// Answers a question to the gate.
    pub fn answer(&mut self, q: &Question) {
        if let Some(a) = self.book.attempts.get(&(q.device, q.attempt.clone())) {
            let answer = if a.hash == q.hash {
                Answer::Decided {
                    verdict: Verdict {
                        decision: Decision::from_number(a.decision),
                        reasons: a.reason_codes(),
                        overridden: a.overridden_codes(),
                    },
                    no: a.no,
                    rule_version: a.rule_version,
                    facts_hash: a.facts_hash.clone(),
                    duplicate: true,
                }
            } else {
                Answer::Reused
            };
            self.done.answers.push(answer);
            return;
        }
        // The gate judges the present; an hour that is not now would also date the read of the tag wrongly.
        if q.at.abs_diff(self.now) > self.skew_ms().unsigned_abs() {
            self.done.answers.push(Answer::NotNow);
            return;
        }
        let no = self.next();
        let tag = self.book.tags.get(&q.tag);
        let cylinder_id = tag.and_then(|t| t.cylinder_id).filter(|id| self.book.cylinders.contains_key(id));
        let tag_state = cylinder::tag_state(tag);
        let bound = cylinder_id.filter(|_| tag_state == TagState::Bound);
        if let Some(id) = bound {
            self.clone_check(id, no, q.device, q.site, &q.tag, q.at);
        }
        self.detect_read(no, q.at, q.device, q.site, &q.tag);
        let facts = self.facts(q, tag_state, cylinder_id);
        let verdict = gate::decide(&facts, self.rules);
        if let Some(id) = bound {
            let starts = self.guards.fill_start && verdict.decision != Decision::Block;
            self.change(id, |n| {
                n.read(no, q.at, q.site);
                if starts {
                    n.fill_start(q.at);
                }
            });
        }
        let facts_hash = facts.hash();
        let row = attempt::Model {
            no,
            device_id: q.device,
            attempt: q.attempt.clone(),
            site_id: q.site,
            tag: q.tag.clone(),
            cylinder_id,
            medium: q.medium.clone(),
            at: q.at,
            recorded_at: self.now,
            decision: verdict.decision.number(),
            reasons: codes(&verdict.reasons),
            rule_version: self.rules.version,
            facts_hash: facts_hash.clone(),
            facts: facts.canonical(),
            hash: q.hash.clone(),
            operator: q.operator.clone(),
            overridden: codes(&verdict.overridden),
        };
        self.book.attempts.insert((q.device, q.attempt.clone()), row.clone());
        self.attempts.push(row);
        self.count(attempt_counters(q.site, q.at, &verdict));
        self.tell_answer(q, no, cylinder_id, &verdict);
        self.done.answers.push(Answer::Decided {
            verdict,
            no,
            rule_version: self.rules.version,
            facts_hash,
            duplicate: false,
        });
    }

    /// The feed's line and the alert of a decision.
    fn tell_answer(&mut self, q: &Question, no: i64, cylinder_id: Option<i64>, verdict: &Verdict) {
        if verdict.decision != Decision::Allow {
            let line = AttemptLine {
                no: no.unsigned_abs(),
                at: q.at,
                site: q.site,
                tag: q.tag.clone(),
                decision: verdict.decision,
                reasons: verdict.reasons.clone(),
            };
            self.publish(q.site, Some(Change::Attempt(line)), Stock::default(), 0);
        }
        if verdict.reasons.iter().any(|r| matches!(r, Reason::TagUnknown | Reason::TagVoid)) {
            let kind = AlertKind::IllegalTagAttempt;
            self.alert(kind, q.device, q.site, &q.tag, cylinder_id, Some(no), None, "{}".into());
        }
    }

    fn facts(&self, q: &Question, tag: TagState, cylinder_id: Option<i64>) -> Facts {
        let as_of = clock::local_date(self.now);
        let gun = self.book.sites.get(&q.site);
        let list = |text: &str| text.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let org = gun.map_or(0, |g| g.org.id);
        let certificate = self.book.operators.get(&(org, q.operator.clone()));
        Facts {
            as_of,
            tag,
            cylinder: cylinder_id
                .and_then(|id| self.book.cylinders.get(&id).map(|c| c.facts(self.book.holders(id, as_of), q.at))),
            gun: GunFacts {
                org,
                medium: q.medium.clone(),
                licence_until: gun.and_then(|g| g.org.licence_until),
                licence_media: gun.map(|g| list(&g.org.licence_media)).unwrap_or_default(),
                papers: PaperFacts {
                    certificate_until: certificate.and_then(|c| c.cert_until),
                    certificate_media: certificate.map(|c| list(&c.media)).unwrap_or_default(),
                    scale_until: self.book.scales.get(&q.device).copied().flatten(),
                    insured_until: gun.and_then(|g| g.org.insured_until),
                    snapshot_minutes: None,
                },
            },
            tag_medium: gun.and_then(|g| self.tag_medium(&g.site, &q.tag, as_of)),
            overrides: self.overrides(q, org, cylinder_id),
        }
    }

    /// The medium that a tag's own digits name, by the code table of the station's city: 3 + 2 + 6 digits (features.md F).
    fn tag_medium(&self, site: &site::Model, tag: &str, as_of: chrono::NaiveDate) -> Option<String> {
        if tag.len() != 11 || !tag.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let city = (site.division / 100 * 100).to_string();
        let code = tag.get(3..5)?;
        self.book
            .medium_codes
            .iter()
            .find(|m| {
                m.jurisdiction == city
                    && m.code == code
                    && m.valid_from.is_none_or(|d| as_of >= d)
                    && m.valid_to.is_none_or(|d| as_of < d)
            })
            .map(|m| m.medium.clone())
    }

    /// Reasons that a regulator lets pass here and now, in the order of the table.
    fn overrides(&self, q: &Question, org: i64, cylinder: Option<i64>) -> Vec<Reason> {
        let mut out: Vec<Reason> = self
            .book
            .overrides
            .iter()
            .filter(|o| {
                o.scope_of().is_some_and(|s| match s {
                    Scope::Org(id) => id == org,
                    Scope::Site(id) => id == q.site,
                    Scope::Device(id) => id == q.device,
                    Scope::Cylinder(id) => Some(id) == cylinder,
                })
            })
            .filter_map(crate::gate_override::Model::reason_code)
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }
}
