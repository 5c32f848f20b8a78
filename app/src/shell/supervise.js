// The page around the wall. It holds full screen and never loads anew; the wall runs in a frame inside it. When the
// server has another build, a second frame is opened behind the first and takes its place once it shows live data. A
// frame that has not been heard of for a while is replaced, too.
(function () {
  const SILENT = 30000;
  const PATIENCE = 60000;
  let shown;
  let next;
  let heard = Date.now();
  let opened = 0;

  const open = () => {
    const address = new URL(location.href);
    address.searchParams.set('screen', '1');
    const frame = document.createElement('iframe');
    frame.src = address.href;
    frame.title = document.title;
    frame.allow = 'fullscreen';
    document.body.append(frame);
    return frame;
  };
  const replace = () => {
    if (next) next.remove();
    next = open();
    next.className = 'next';
    opened = Date.now();
  };
  const swap = () => {
    shown.remove();
    shown = next;
    next = undefined;
    shown.className = '';
    shown.contentWindow.focus();
  };

  addEventListener('message', (e) => {
    if (e.origin !== location.origin) return;
    if (shown && e.source === shown.contentWindow) {
      heard = Date.now();
      if (e.data === 'pingji:replace' && !next) replace();
      if (/^pingji:lang:(zh|en)$/.test(e.data)) {
        // Kept in the address: a frame that is opened later speaks the same language.
        const address = new URL(location.href);
        address.searchParams.set('lang', e.data.slice(12));
        history.replaceState(null, '', address);
        document.documentElement.lang = e.data.endsWith('en') ? 'en' : 'zh-CN';
        replace();
      }
    }
    if (next && e.source === next.contentWindow && e.data === 'pingji:live') swap();
  });
  setInterval(() => {
    const now = Date.now();
    if (next && now - opened > PATIENCE) {
      next.remove();
      next = undefined;
    }
    if (!next && now - heard > SILENT) {
      heard = now;
      shown.remove();
      shown = open();
    }
  }, 1000);
  addEventListener('keydown', (e) => {
    if ((e.key === 'f' || e.key === 'F') && !e.ctrlKey && !e.metaKey && !e.altKey) {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => {});
    }
  });
  shown = open();
  shown.addEventListener('load', () => shown.contentWindow.focus(), { once: true });
})();
