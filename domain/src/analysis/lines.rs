//! The rows of the analyses as figures: in the order of the columns of their [`Kind`](super::Kind).

use super::{
    AGES, Abnormal, Ages, Amount, Behind, Completeness, Conduct, Due, Figure, Fullness, Line, Measure, Opening, Placed,
    Recovery, Sales, Span, Statistic, Storage, TagIssue, Unit, UserStorage, WINDOWS,
};
use crate::{
    clock,
    outcome::{AlertKind, Anomaly},
};
use chrono::Datelike;

const ON: (&str, &str) = ("file", "on");

/// Alerts that speak of records that were made up.
pub const MADE_UP: [AlertKind; 4] =
    [AlertKind::RepeatedWeight, AlertKind::ImpossiblePace, AlertKind::FabricatedWeight, AlertKind::NetMismatch];

fn add(a: &mut i64, b: i64) {
    *a += b;
}

/// What is known of both, or of the one of which it is.
fn add_known(a: &mut Option<i64>, b: Option<i64>) {
    *a = match (*a, b) {
        (None, None) => None,
        (x, y) => Some(x.unwrap_or(0) + y.unwrap_or(0)),
    };
}

fn month(n: i32) -> Figure {
    if n == 0 { Figure::default() } else { Amount::Text(format!("{}-{:02}", n / 100, n % 100)).into() }
}

impl Line for Due {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let first = b.day.to_string();
        let until = |days: i32| clock::date_of(clock::day_of(b.day).saturating_add(days)).to_string();
        let due = |i: usize| b.cylinders(self.due[i], &[ON, ("due_from", &first), ("due_to", &until(WINDOWS[i]))]);
        let life =
            |i: usize| b.cylinders(self.life_ends[i], &[ON, ("life_from", &first), ("life_to", &until(WINDOWS[i]))]);
        vec![
            b.cylinders(self.on_file, &[ON]),
            b.cylinders(self.overdue, &[ON, ("inspection", "overdue")]),
            b.cylinders(self.past_life, &[ON, ("inspection", "past_life")]),
            due(0),
            due(1),
            due(2),
            life(0),
            life(1),
            life(2),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.on_file, o.on_file);
        add(&mut self.overdue, o.overdue);
        add(&mut self.past_life, o.past_life);
        for i in 0..WINDOWS.len() {
            self.due[i] += o.due[i];
            self.life_ends[i] += o.life_ends[i];
        }
    }
}

impl Line for Abnormal {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let judged = |n, word| b.cylinders(n, &[ON, ("inspection", word)]);
        vec![
            b.cylinders(self.on_file, &[ON]),
            judged(self.normal, "valid"),
            judged(self.due_soon, "due_soon"),
            judged(self.overdue, "overdue"),
            judged(self.past_life, "past_life"),
            judged(self.undated, "unknown"),
            b.cylinders(self.scrapped, &[("file", "off")]),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.on_file, o.on_file);
        add(&mut self.normal, o.normal);
        add(&mut self.due_soon, o.due_soon);
        add(&mut self.overdue, o.overdue);
        add(&mut self.past_life, o.past_life);
        add(&mut self.undated, o.undated);
        add(&mut self.scrapped, o.scrapped);
    }
}

impl Line for Placed {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let at = |n, place| b.cylinders(n, &[ON, ("custody", place)]);
        vec![
            b.cylinders(self.on_file, &[ON]),
            at(self.in_use, "in_use"),
            at(self.empty, "empty"),
            at(self.full, "full"),
            at(self.on_road, "on_road"),
            at(self.away, "away"),
            at(self.lost, "lost"),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.on_file, o.on_file);
        add(&mut self.in_use, o.in_use);
        add(&mut self.empty, o.empty);
        add(&mut self.full, o.full);
        add(&mut self.on_road, o.on_road);
        add(&mut self.away, o.away);
        add(&mut self.lost, o.lost);
    }
}

impl Line for Ages {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let year = b.day.year();
        let band = |i: usize| {
            // Made in the year of the day or later is as young as can be: the first band has no latest year.
            let to = if i == 0 { String::new() } else { (year - AGES[i]).to_string() };
            let from = AGES.get(i + 1).map(|next| (year - next + 1).to_string()).unwrap_or_default();
            b.cylinders(self.bands[i], &[ON, ("made_from", &from), ("made_to", &to)])
        };
        let all = self.bands.iter().sum::<i64>() + self.unknown;
        vec![
            b.cylinders(all, &[ON]),
            band(0),
            band(1),
            band(2),
            band(3),
            band(4),
            b.cylinders(self.unknown, &[ON, ("made", "unknown")]),
        ]
    }

    fn add(&mut self, o: &Self) {
        self.bands.iter_mut().zip(o.bands).for_each(|(a, b)| add(a, b));
        add(&mut self.unknown, o.unknown);
    }
}

impl Fullness {
    /// For people: Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Fine => ("正常", "fine"),
            Self::Yellow => ("黄色", "yellow"),
            Self::Orange => ("橙色", "orange"),
            Self::Red => ("红色 · 超量", "red · beyond"),
        }
    }
}

impl Line for Storage {
    fn unit(&self) -> &Unit {
        &self.site
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let site = b.unit.map(|id| id.to_string()).unwrap_or_default();
        let full = b.asked.cylinders(b.day, None, &[ON, ("custody", "full"), ("site", &site)]);
        let share = (self.limit_ml > 0).then(|| i128::from(self.full_ml) * 1_000 / i128::from(self.limit_ml));
        let share = share.map(|s| i64::try_from(s).unwrap_or(i64::MAX));
        // A class, a level, and a share of a limit are one site's.
        let own = |amount: Amount| Figure::from(if b.unit.is_some() { amount } else { Amount::Unknown });
        let (zh, en) = self.fullness.words();
        vec![
            own(if self.class > 0 { Amount::Count(self.class.into()) } else { Amount::Unknown }),
            Figure { amount: Amount::Thousandths(self.full_ml), to: full },
            own(if self.limit_ml > 0 { Amount::Thousandths(self.limit_ml) } else { Amount::Unknown }),
            own(Amount::permille(share)),
            own(Amount::Word(zh.into(), en.into())),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.full_ml, o.full_ml);
        add(&mut self.limit_ml, o.limit_ml);
    }
}

impl Line for UserStorage {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        // A kind, a limit and a level are one address's.
        let own = |amount: Amount| Figure::from(if b.unit.is_some() && self.known { amount } else { Amount::Unknown });
        let share = (self.limit_g > 0).then(|| i128::from(self.mass_g) * 1_000 / i128::from(self.limit_g));
        let share = share.map(|s| i64::try_from(s).unwrap_or(i64::MAX));
        let (zh, en) = self.fullness.words();
        let (kind_zh, kind_en) = if self.shop { ("商业用户", "shop") } else { ("居民", "household") };
        vec![
            own(Amount::Word(kind_zh.into(), kind_en.into())),
            own(Amount::Count(self.suppliers)),
            Amount::Count(self.pieces).into(),
            Amount::Thousandths(self.mass_g).into(),
            own(if self.limit_g > 0 { Amount::Thousandths(self.limit_g) } else { Amount::Unknown }),
            own(Amount::permille(share)),
            own(Amount::Word(zh.into(), en.into())),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.pieces, o.pieces);
        add(&mut self.mass_g, o.mass_g);
    }
}

impl Line for Conduct {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, _: Behind<'_>) -> Vec<Figure> {
        let of = |a: Anomaly| self.anomalies.iter().filter(|(x, _)| *x == a).map(|(_, n)| n).sum();
        let alerts = |which: &dyn Fn(&str) -> bool| self.alerts.iter().filter(|(k, _)| which(k)).map(|(_, n)| n).sum();
        [
            Amount::Count(self.fills),
            Amount::Thousandths(self.net_g),
            Amount::Count(self.refused),
            Amount::Count(self.illegal_tags),
            Amount::Count(of(Anomaly::Overfill)),
            Amount::Count(of(Anomaly::Underfill)),
            Amount::Count(of(Anomaly::FilledUnchecked)),
            Amount::Count(of(Anomaly::ChainGap)),
            Amount::Count(alerts(&|k| MADE_UP.iter().any(|m| m.code() == k))),
            Amount::Count(alerts(&|_| true)),
        ]
        .map(Figure::from)
        .into()
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.fills, o.fills);
        add(&mut self.net_g, o.net_g);
        add(&mut self.refused, o.refused);
        add(&mut self.illegal_tags, o.illegal_tags);
        self.anomalies.extend(o.anomalies.iter().copied());
        self.alerts.extend(o.alerts.iter().cloned());
    }
}

impl Line for Completeness {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        let format = if self.whole_month { "%Y-%m" } else { "%Y-%m-%d" };
        let day = b.unit.map_or(Amount::Unknown, |_| Amount::Text(clock::date_of(self.day).format(format).to_string()));
        let share = Amount::permille(self.permille());
        vec![day.into(), Amount::Count(self.fills).into(), Amount::Count(self.missing).into(), share.into()]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.fills, o.fills);
        add(&mut self.missing, o.missing);
    }
}

impl Line for Recovery {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, _: Behind<'_>) -> Vec<Figure> {
        let share = Amount::permille(self.permille());
        vec![month(self.month), Amount::Count(self.delivered).into(), Amount::Count(self.returned).into(), share.into()]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.delivered, o.delivered);
        add(&mut self.returned, o.returned);
    }
}

impl Line for Opening {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, _: Behind<'_>) -> Vec<Figure> {
        [Amount::Count(self.customers), Amount::count(self.opened), Amount::count(self.real_name)]
            .map(Figure::from)
            .into()
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.customers, o.customers);
        add_known(&mut self.opened, o.opened);
        add_known(&mut self.real_name, o.real_name);
    }
}

impl Line for TagIssue {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, b: Behind<'_>) -> Vec<Figure> {
        vec![
            b.cylinders(self.registered, &[ON]),
            Amount::Count(self.bound).into(),
            Amount::permille(self.permille()).into(),
            Amount::count(self.issued).into(),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.registered, o.registered);
        add(&mut self.bound, o.bound);
        add_known(&mut self.issued, o.issued);
    }
}

impl Line for Sales {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn figures(&self, _: Behind<'_>) -> Vec<Figure> {
        vec![
            month(self.month),
            Amount::Count(self.orders).into(),
            Amount::Count(self.wanted).into(),
            Amount::count(self.delivered).into(),
        ]
    }

    fn add(&mut self, o: &Self) {
        add(&mut self.orders, o.orders);
        add(&mut self.wanted, o.wanted);
        add_known(&mut self.delivered, o.delivered);
    }
}

impl Measure {
    /// For people, with its unit: Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Fills => ("充装(次)", "Fills"),
            Self::NetG => ("充装量(kg)", "Gas added (kg)"),
            Self::Refused => ("拦截(次)", "Refused"),
            Self::Warned => ("警告(次)", "Warned"),
            Self::Overridden => ("放行(项)", "Reasons overridden"),
            Self::Anomalies => ("异常充装(项)", "Anomalies of fills"),
            Self::FellDue => ("期内检验到期(只)", "Fell due (cylinders)"),
            Self::LivesEnded => ("期内到年限(只)", "Lives ended (cylinders)"),
            Self::Accidents => ("事故(起)", "Accidents"),
            Self::Hazards => ("隐患(项)", "Hazards"),
        }
    }
}

/// The rows of the statistics of a period and the one before.
#[must_use]
pub fn statistics(all: &[Statistic], b: Behind<'_>, now: Span, before: Span) -> Vec<Vec<Figure>> {
    let row = |s: &Statistic| {
        let (zh, en) = s.measure.words();
        let amount = |n: Option<i64>| match (n, s.measure) {
            (None, _) => Amount::Unknown,
            (Some(n), Measure::NetG) => Amount::Thousandths(n),
            (Some(n), _) => Amount::Count(n),
        };
        let list = |days: Span| {
            let (first, last) = (clock::date_of(days.first).to_string(), clock::date_of(days.last).to_string());
            match s.measure {
                Measure::FellDue => {
                    b.asked.cylinders(b.day, None, &[ON, ("due_from", first.as_str()), ("due_to", last.as_str())])
                }
                Measure::LivesEnded => {
                    b.asked.cylinders(b.day, None, &[ON, ("life_from", first.as_str()), ("life_to", last.as_str())])
                }
                Measure::Accidents => b.asked.incidents("/accidents", &first, &last),
                Measure::Hazards => b.asked.incidents("/hazards", &first, &last),
                _ => String::new(),
            }
        };
        let change = s.value.zip(s.before).map(|(v, w)| v - w);
        let share = change.zip(s.before.filter(|w| *w > 0)).map(|(c, w)| c.saturating_mul(1_000) / w);
        vec![
            Amount::Word(zh.into(), en.into()).into(),
            Figure { amount: amount(s.value), to: list(now) },
            Figure { amount: amount(s.before), to: list(before) },
            amount(change).into(),
            Amount::permille(share).into(),
        ]
    };
    all.iter().map(row).collect()
}
