//! The plan of the invented city: organisations, stations, devices and cylinders, a pure function of the seed.

use super::{
    cylinders,
    keys::{CylinderKey, DeviceKey, KeysFile},
    places::{NAMES, PLACES, SHIFT},
    random::Random,
};
use chrono::{Datelike, NaiveDate, TimeDelta};
use domain::{
    clock,
    gate::{self, CylinderFacts, Decision, Facts, GunFacts, PaperFacts, PresentFacts, TagState},
    ledger::{Custody, File},
    rules::RuleSet,
};

/// Cylinders of the usual demonstration.
pub const CYLINDERS: usize = 20_000;
/// Its filling stations.
pub const STATIONS: usize = 40;

/// The first free ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Base {
    /// Organisation.
    pub org: i64,
    /// Site.
    pub site: i64,
    /// Device.
    pub device: i64,
}

impl Default for Base {
    fn default() -> Self {
        Self { org: 1, site: 1, device: 1 }
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgPlan {
    /// Its id.
    pub id: i64,
    /// Chinese name.
    pub name: String,
    /// `filler`.
    pub kind: &'static str,
    /// Unified social credit code, with a right check character.
    pub uscc: String,
    /// District, GB/T 2260.
    pub division: i32,
    /// A number of an exchange that does not exist.
    pub phone: String,
    /// Filling licence.
    pub licence_no: String,
    /// Its last day.
    pub licence_until: NaiveDate,
    /// Media it covers.
    pub licence_media: Vec<String>,
}

/// A filling station.
#[derive(Clone, Debug, PartialEq)]
pub struct SitePlan {
    /// Its id.
    pub id: i64,
    /// Owner.
    pub org: i64,
    /// Chinese name.
    pub name: String,
    /// `station`.
    pub kind: &'static str,
    /// District, GB/T 2260.
    pub division: i32,
    /// Longitude, WGS-84 degrees.
    pub lng: f64,
    /// Latitude, WGS-84 degrees.
    pub lat: f64,
    /// `LPG`, or `O2` for a station of industrial gases (which fills N2 too).
    pub medium: &'static str,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePlan {
    /// Its id.
    pub id: i64,
    /// Where it stands.
    pub site: i64,
    /// `gun`, `handheld` or `importer`.
    pub kind: &'static str,
    /// What is written on it.
    pub label: String,
    /// Medium a gun fills; empty for others.
    pub medium: &'static str,
    /// When it was taken into use, ms: before anything it tells of.
    pub created_at: i64,
    /// Id of its key; empty for the importer, which never signs.
    pub key_id: String,
}

/// The whole plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The instant at which the history ends, ms.
    pub now_ms: i64,
    /// Organisations.
    pub orgs: Vec<OrgPlan>,
    /// Stations.
    pub sites: Vec<SitePlan>,
    /// Devices: those of each station in its order, the importer last.
    pub devices: Vec<DevicePlan>,
    /// The inspection agency.
    pub agency: Office,
    /// The officer of the market supervision.
    pub officer: Office,
    /// How many cylinders each station has, in the order of the stations.
    pub shares: Vec<Share>,
    /// The cylinders' files; none in a large city, which makes each when it needs it ([`Plan::file`]).
    pub files: Vec<File>,
}

/// The cylinders of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The first of them, counted from 0 over the whole city.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// How many its organisation has at the stations before it.
    pub before: usize,
}

/// An organisation without a station: its ids, those of its site and of its handheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Office {
    /// Chinese name.
    pub name: &'static str,
    /// Kind of organisation.
    pub kind: &'static str,
    /// Organisation.
    pub org: i64,
    /// Site.
    pub site: i64,
    /// Handheld.
    pub device: i64,
}

/// Check character of GB 11714 for the eight characters of an organisation code.
pub(super) fn org_check(code: &str) -> char {
    let value = |c: char| c.to_digit(36).unwrap_or(0);
    let sum: u32 = code.chars().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(c, w)| value(c) * w).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        n => char::from_digit(n, 10).unwrap_or('0'),
    }
}

/// Check character of GB 32100 for the first seventeen characters of a unified social credit code.
pub(super) fn uscc_check(code: &str) -> char {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: usize = code.chars().zip(weights).map(|(c, w)| ALPHABET.find(c).unwrap_or(0) * w).sum();
    ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap_or('0')
}

pub(super) fn uscc(division: i32, n: usize) -> String {
    // `DM` is no prefix in use: the code checks, and belongs to nobody.
    let org = format!("DM{n:06}");
    let first = format!("91{division:06}{org}{}", org_check(&org));
    format!("{first}{}", uscc_check(&first))
}

/// Every twentieth station fills industrial gases.
const fn industrial(station: usize) -> bool {
    station % 20 == 7
}

/// The organisation (from 0) that owns a station (from 0): of every four, the first two belong together. One that fills
/// industrial gases is always the fourth.
const fn owner(station: usize) -> usize {
    let (block, place) = (station / 4, station % 4);
    block * 3 + place.saturating_sub(1)
}

impl Plan {
    /// Plans a city that stands as it does at `now_ms` (Unix milliseconds).
    #[must_use]
    pub fn new(seed: u64, cylinders: usize, stations: usize, now_ms: i64, base: Base) -> Self {
        // Older than any history: a record from before its device existed would be quarantined.
        let mut plan = Self::large(seed, cylinders, stations, now_ms, base, 400);
        plan.files = (0..cylinders).filter_map(|i| plan.file(i)).collect();
        plan
    }

    /// The same without the files, for a city of a million cylinders. Its devices are `age` days old.
    #[must_use]
    pub fn large(seed: u64, cylinders: usize, stations: usize, now_ms: i64, base: Base, age: i64) -> Self {
        let stations = stations.clamp(1, 400);
        let today = clock::local_date(now_ms);
        let sites: Vec<SitePlan> = (0..stations).map(|i| site(seed, i, base)).collect();
        let orgs: Vec<OrgPlan> = (0..=owner(stations - 1)).map(|i| org(seed, i, &sites, today, base)).collect();
        let devices = devices(seed, &sites, now_ms - age * clock::DAY_MS, base);
        let shares = shares(seed, cylinders, &sites);
        // Behind all others, so that their ids stay as they are.
        let office = |n: i64, name, kind| Office {
            name,
            kind,
            org: base.org + orgs.len() as i64 + n,
            site: base.site + sites.len() as i64 + n,
            device: base.device + devices.len() as i64 + n,
        };
        let (agency, officer) =
            (office(0, "郑州演示气瓶检验站", "inspection"), office(1, "郑州演示市场监管局", "regulator"));
        Self { seed, now_ms, orgs, sites, devices, agency, officer, shares, files: vec![] }
    }

    /// The file of a cylinder, counted from 0 over the whole city: the same however many were made before.
    #[must_use]
    pub fn file(&self, cylinder: usize) -> Option<File> {
        let place = self.shares.partition_point(|s| s.first + s.count <= cylinder);
        let (share, site) = self.shares.get(place).zip(self.sites.get(place))?;
        let first = self.orgs.first()?.id;
        let nth = (share.before + cylinder - share.first + 1) as i64;
        let mut r = Random::of(&[self.seed, 5, cylinder as u64]);
        Some(cylinders::file(&mut r, site, 101 + site.org - first, nth, clock::local_date(self.now_ms)))
    }

    /// How many cylinders there are.
    #[must_use]
    pub fn cylinders(&self) -> usize {
        self.shares.iter().map(|s| s.count).sum()
    }

    /// The organisation with an id.
    #[must_use]
    pub fn org(&self, id: i64) -> Option<&OrgPlan> {
        self.orgs.iter().find(|o| o.id == id)
    }

    /// Whether the gate lets a cylinder be filled at its home station at the end of the plan.
    #[must_use]
    pub fn fillable(&self, file: &File, rules: &RuleSet) -> bool {
        let org = self.org(file.org);
        let facts = Facts {
            as_of: clock::local_date(self.now_ms),
            tag: TagState::Bound,
            cylinder: Some(CylinderFacts {
                file: file.state,
                owner: file.org,
                entrusted: vec![],
                medium: file.medium.clone(),
                dates: file.dates.clone(),
                cloned: false,
                doubtful: !file.doubts.is_empty(),
                present: PresentFacts::default(),
            }),
            gun: GunFacts {
                org: file.org,
                medium: file.medium.clone(),
                licence_until: org.map(|o| o.licence_until),
                licence_media: org.map(|o| o.licence_media.clone()).unwrap_or_default(),
                papers: PaperFacts::default(),
            },
            tag_medium: None,
            overrides: vec![],
        };
        gate::decide(&facts, rules).decision != Decision::Block
    }

    /// The file for a simulator. `custody` stands in the order of the files (see `History::custody`); `secret` makes
    /// the secret of a key id.
    pub fn keys(&self, rules: &RuleSet, custody: &[Custody], secret: impl Fn(&str) -> Vec<u8>) -> KeysFile {
        let org_of = |site: i64| self.sites.iter().find(|s| s.id == site).map_or(0, |s| s.org);
        let devices = self.devices.iter().filter(|d| !d.key_id.is_empty()).map(|d| DeviceKey {
            device_id: d.id,
            key_id: d.key_id.clone(),
            secret: hex::encode(secret(&d.key_id)),
            kind: d.kind.into(),
            site_id: d.site,
            org_id: org_of(d.site),
            medium: d.medium.into(),
            label: d.label.clone(),
        });
        let cylinders = self.files.iter().enumerate().map(|(i, f)| CylinderKey {
            tag: f.tag.clone(),
            org_id: f.org,
            site_id: f.site,
            model: f.dates.model.clone(),
            medium: f.medium.clone(),
            tare_g: f.tare_g.unwrap_or(0),
            max_fill_g: f.max_fill_g.unwrap_or(if f.medium == "O2" { 8_700 } else { 7_000 }),
            custody: custody.get(i).copied().unwrap_or(Custody::EmptyInStock),
            fillable: self.fillable(f, rules) && self.fate(i).is_empty(),
        });
        KeysFile { devices: devices.collect(), cylinders: cylinders.collect() }
    }
}

fn site(seed: u64, i: usize, base: Base) -> SitePlan {
    let mut r = Random::of(&[seed, 1, i as u64]);
    let (division, lng, lat) = PLACES[i % PLACES.len()];
    let shift = if i < PLACES.len() { 0.0 } else { SHIFT };
    let moved = |x: f64, r: &mut Random| ((x + (r.unit() * 2.0 - 1.0) * shift) * 1e4).round() / 1e4;
    let name = NAMES[i % NAMES.len()];
    let nth = if i < NAMES.len() { String::new() } else { format!("{}号", i / NAMES.len() + 1) };
    let kind = if industrial(i) { "工业气体充装站" } else { "液化气站" };
    SitePlan {
        id: base.site + i as i64,
        org: base.org + owner(i) as i64,
        name: format!("郑州{name}{nth}{kind}"),
        kind: "station",
        division,
        lng: moved(lng, &mut r),
        lat: moved(lat, &mut r),
        medium: if industrial(i) { "O2" } else { "LPG" },
    }
}

fn org(seed: u64, i: usize, sites: &[SitePlan], today: NaiveDate, base: Base) -> OrgPlan {
    let mut r = Random::of(&[seed, 2, i as u64]);
    let id = base.org + i as i64;
    let own: Vec<(usize, &SitePlan)> = sites.iter().enumerate().filter(|(_, s)| s.org == id).collect();
    let (first, division) = own.first().map_or((0, 410_100), |(n, s)| (*n, s.division));
    // Two in thirty let their licence run out: the gate shall have something to say.
    let until = if i % 15 == 13 {
        today - TimeDelta::days(r.range(3, 40))
    } else {
        today + TimeDelta::days(r.range(60, 1_300))
    };
    let industrial = own.iter().any(|(_, s)| s.medium == "O2");
    OrgPlan {
        id,
        name: format!("郑州{}{}", NAMES[first % NAMES.len()], if industrial { "气体有限公司" } else { "燃气有限公司" }),
        kind: "filler",
        uscc: uscc(division, 410_000 + i),
        division,
        phone: format!("0371-0000{i:04}"),
        licence_no: format!("TS4241{:03}-{}", 800 + i, until.year()),
        licence_until: until,
        licence_media: if industrial { vec!["O2".into(), "N2".into()] } else { vec!["LPG".into()] },
    }
}

fn devices(seed: u64, sites: &[SitePlan], created_at: i64, base: Base) -> Vec<DevicePlan> {
    let mut out = Vec::new();
    let mut add = |site: &SitePlan, kind: &'static str, label: String, medium: &'static str| {
        let id = base.device + out.len() as i64;
        let key_id = if kind == "importer" { String::new() } else { format!("demo-{id:05}") };
        out.push(DevicePlan { id, site: site.id, kind, label, medium, created_at, key_id });
    };
    for (i, s) in sites.iter().enumerate() {
        for n in 1..=Random::of(&[seed, 3, i as u64]).range(2, 3) {
            // The second gun of a station of industrial gases fills nitrogen.
            let medium = if s.medium == "O2" && n == 2 { "N2" } else { s.medium };
            add(s, "gun", format!("{n}号枪"), medium);
        }
        add(s, "handheld", "手持机".into(), "");
    }
    if let Some(first) = sites.first() {
        add(first, "importer", "档案导入".into(), "");
    }
    out
}

fn shares(seed: u64, cylinders: usize, sites: &[SitePlan]) -> Vec<Share> {
    // Stations differ in size by up to three times.
    let sizes: Vec<f64> = (0..sites.len()).map(|i| 0.5 + Random::of(&[seed, 4, i as u64]).unit()).collect();
    let total: f64 = sizes.iter().sum();
    let (mut share, mut first) = (0.0, 0);
    let mut of_org = std::collections::HashMap::<i64, usize>::new();
    let mut out = Vec::with_capacity(sites.len());
    for (i, (s, size)) in sites.iter().zip(sizes).enumerate() {
        share += size / total;
        // The last one takes what rounding left.
        let until = if i + 1 == sites.len() { cylinders } else { ((share * cylinders as f64) as usize).min(cylinders) };
        let (count, of) = (until - first, of_org.entry(s.org).or_default());
        out.push(Share { first, count, before: *of });
        *of += count;
        first = until;
    }
    out
}
