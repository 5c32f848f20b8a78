// A city that lives fast: fills, refusals, alerts, notes and totals as the server would send them, over several midnights.

const DAY = 86_400_000;
const ZONE = 8 * 3_600_000;
const localDay = (ms) => Math.floor((ms + ZONE) / DAY);

/** Numbers that are the same at every run. */
export function random(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const REASONS = ['LIFE_EXCEEDED', 'INSPECTION_EXPIRED', 'NOT_OWN', 'MEDIUM_MISMATCH', 'TAG_UNKNOWN', 'LICENCE_EXPIRED'];
const KINDS = ['OVERFILL', 'CLONE', 'OMISSION', 'ILLEGAL_TAG_ATTEMPT', 'FILL_NOT_ASKED', 'UNDERFILL'];

/**
 * Makes frames that follow a snapshot. `step` is how far the server's clock moves from one to the next, ms.
 * At each midnight comes a new snapshot, as from the hub.
 */
export function city(snapshot, { seed = 1, step = 1_300 } = {}) {
  const pick = random(seed);
  const sites = snapshot.stations.map((one) => one.id);
  let { no, ms, day } = snapshot;
  const open = [];
  const stock = { ...snapshot.figures.stock };
  let openAlerts = snapshot.figures.open_alerts;
  const site = () => sites[pick(sites.length)];
  const tag = () => `10${100_000_000 + pick(9_000_000)}`;

  function change() {
    no += 1;
    const kind = pick(100);
    if (kind < 80) {
      const v = pick(25) === 0 ? ['OVERFILL'] : [];
      return { t: 'f', n: no, a: ms - pick(4_000), s: site(), g: tag(), w: 14_000 + pick(900), v };
    }
    if (kind < 90) {
      const r = REASONS.slice(pick(4), 4 + pick(2));
      const block = pick(4) > 0;
      return { t: 'a', n: no, a: ms, s: site(), g: tag(), d: block ? 'BLOCK' : 'WARN', r: block ? r : ['DUE_SOON'] };
    }
    if (kind < 95 || open.length === 0) {
      const alert = { t: '!', n: no, a: ms, s: site(), y: KINDS[pick(KINDS.length)], ...(pick(3) ? { g: tag() } : {}) };
      open.push(alert);
      if (open.length > 500) open.shift();
      openAlerts += 1;
      return alert;
    }
    const [alert] = open.splice(pick(open.length), 1);
    return { t: 'k', n: no, a: ms, s: alert.s, l: alert.n, y: alert.y, d: 1 };
  }

  function totals() {
    stock.in_use = Math.max(0, stock.in_use + pick(5) - 2);
    const g = Array.from({ length: 6 }, () => [3 + pick(7), site(), pick(400)]);
    g.push([1, 1 + pick(9), 1_000 + pick(500)], [2, 2005 + pick(22), pick(900)]);
    return { t: 's', n: no, c: { ...stock }, o: openAlerts, g };
  }

  return {
    days: 0,
    next() {
      ms += step;
      if (localDay(ms) !== day) {
        day = localDay(ms);
        this.days += 1;
        const figures = {
          ...snapshot.figures, fills_today: 0, blocked_today: 0, warned_today: 0, net_g_today: 0,
          by_district: {}, by_station: {}, by_reason: {}, stock: { ...stock }, open_alerts: openAlerts, open: [],
        };
        return { ...snapshot, no, ms, day, figures };
      }
      if (pick(20) === 0) return { k: 'beat', to: no, ms };
      const from = no;
      const c = Array.from({ length: 1 + pick(3) }, change);
      if (pick(3) === 0) c.push(totals());
      return { k: 'delta', from, to: no, ms, c };
    },
  };
}
