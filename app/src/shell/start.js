// Loads the module, which takes the page over by itself. A wall has nobody to press «reload»: when loading fails, or the
// module stops by a fault, it says so and loads again by itself.
(function (js, wasm) {
  const wall = location.pathname === '/wall';
  const again = () => {
    if (!wall) return;
    document.documentElement.dataset.broken = '';
    setTimeout(() => location.reload(), 5000);
  };
  addEventListener('error', (e) => {
    if (e.error instanceof WebAssembly.RuntimeError) again();
  });
  addEventListener('unhandledrejection', (e) => {
    if (e.reason instanceof WebAssembly.RuntimeError) again();
  });
  import(js)
    .then((m) => m.default({ module_or_path: wasm }))
    .catch((e) => {
      console.error(e);
      again();
    });
})
