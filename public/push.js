// Shows messages that are pushed to this browser, and leads to them. It answers no request of a page, and trusts nothing that it is told to be
// more than words: a link is a path of ours, or none.

const INBOX = '/inbox';
const SHOWN = 'push-shown';
const SHOWN_MAX = 50;

/** Words, of no more than so many characters. */
function words(value, longest) {
  return typeof value === 'string' ? value.slice(0, longest) : '';
}

/** The address of a page of ours; the inbox for anything else. */
function own(link) {
  const inbox = new URL(INBOX, self.location.origin);
  if (typeof link !== 'string' || link.length > 200 || !/^\/[a-z0-9/_-]*$/i.test(link) || link.startsWith('//')) return inbox.href;
  const url = new URL(link, self.location.origin);
  return url.origin === self.location.origin ? url.href : inbox.href;
}

/** Asks a function of the server, in the name of whoever is signed in here. */
async function ask(name, body) {
  const answer = await fetch(`/api/fn/${name}`, {
    method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw Object.assign(new Error(`${name}: ${answer.status}`), { status: answer.status });
  return answer.json();
}

/** Under what it is remembered that a message was shown. */
const place = (key) => new URL(`/push-shown/${encodeURIComponent(key)}`, self.location.origin).href;

/** Whether a message was shown before; of a browser that keeps nothing, none was. */
async function wasShown(key) {
  try {
    return Boolean(key) && Boolean(await (await caches.open(SHOWN)).match(place(key)));
  } catch {
    return false;
  }
}

/** Remembers that a message was shown; the oldest are forgotten. */
async function remember(key) {
  if (!key) return;
  try {
    const all = await caches.open(SHOWN);
    await all.put(place(key), new Response(''));
    const known = await all.keys();
    await Promise.all(known.slice(0, Math.max(0, known.length - SHOWN_MAX)).map((one) => all.delete(one)));
  } catch {
    // It is shown aloud once more, then.
  }
}

self.addEventListener('push', (event) => {
  let message = null;
  try {
    message = event.data?.json();
  } catch {
    // Not from us; a browser still wants something to be shown.
  }
  const title = words(message?.title, 200) || '瓶迹 Pingji';
  const key = words(message?.key, 200);
  event.waitUntil((async () => {
    // The same message once more takes the place of the first, and where that was put away already it is not heard again.
    const silent = await wasShown(key);
    await self.registration.showNotification(title, {
      body: words(message?.body, 4000) || '您有新的消息。You have a new message.',
      tag: key || 'pingji',
      renotify: false,
      silent,
      data: { link: own(message?.link) },
      lang: 'zh-CN',
    });
    await remember(key);
  })());
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const to = own(new URL(event.notification.data?.link ?? INBOX, self.location.origin).pathname);
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    // A window that stands elsewhere is left alone: somebody may be typing there.
    const there = windows.find((w) => w.url.split(/[?#]/)[0] === to);
    if (there) return there.focus();
    return self.clients.openWindow(to);
  })());
});

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil((async () => {
    const { key } = await ask('push_list', {});
    if (!key) return;
    const given = event.newSubscription
      ?? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    try {
      await ask('push_subscribe', { given, before: event.oldSubscription?.endpoint ?? '', renewal: true });
    } catch (why) {
      // Whoever is signed in now did not turn it on: nothing is shown to him for somebody else's sake.
      if (why.status !== 404) throw why;
      await (await self.registration.pushManager.getSubscription())?.unsubscribe();
    }
  })());
});

// A newer one takes over at once: nothing of a page hangs on it.
self.addEventListener('install', () => self.skipWaiting());
