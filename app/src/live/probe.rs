//! `window.__pingji`: what tests and the curious read of a running wall.

use js_sys::{Float64Array, Object, Reflect};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsValue, closure::Closure};

/// Raw samples that are kept.
const KEEP: usize = 100_000;

#[derive(Default)]
struct Samples {
    ring: Vec<f64>,
    next: usize,
}

impl Samples {
    fn add(&mut self, ms: f64) {
        if self.ring.len() < KEEP {
            self.ring.push(ms);
        } else {
            self.ring[self.next] = ms;
        }
        self.next = (self.next + 1) % KEEP;
    }

    /// Oldest first.
    fn all(&self) -> Float64Array {
        let cut = if self.ring.len() < KEEP { 0 } else { self.next };
        let ordered: Vec<f64> = self.ring[cut..].iter().chain(&self.ring[..cut]).copied().collect();
        Float64Array::from(ordered.as_slice())
    }
}

/// The object on `window`.
pub struct Probe {
    object: Object,
    samples: Rc<RefCell<Samples>>,
    frames: u32,
    applied: u32,
    _latency: Closure<dyn Fn() -> Float64Array>,
    _memory: Closure<dyn Fn() -> f64>,
}

impl Default for Probe {
    fn default() -> Self {
        let samples = Rc::new(RefCell::new(Samples::default()));
        let read = Rc::clone(&samples);
        let latency = Closure::<dyn Fn() -> Float64Array>::new(move || read.borrow().all());
        let object = Object::new();
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&object, &"latency".into(), latency.as_ref());
        let _ = Reflect::set(&js_sys::global(), &"__pingji".into(), &object);
        // Bytes of the module's memory.
        let memory = Closure::<dyn Fn() -> f64>::new(|| {
            let buffer = Reflect::get(&wasm_bindgen::memory(), &"buffer".into());
            let bytes = buffer.and_then(|b| Reflect::get(&b, &"byteLength".into()));
            bytes.ok().and_then(|n| n.as_f64()).unwrap_or_default()
        });
        let _ = Reflect::set(&object, &"memory".into(), memory.as_ref());
        let mut probe = Self { object, samples, frames: 0, applied: 0, _latency: latency, _memory: memory };
        probe.set("state", &"connecting".into());
        probe.drawn(0, 0, 0);
        probe
    }
}

impl Probe {
    /// A fill took `ms` from gun to pixel.
    pub fn latency(&self, ms: f64) {
        self.samples.borrow_mut().add(ms);
    }

    /// An animation frame was drawn; `changes` of the feed were applied in it; `pulses` are alight; so many frames of the
    /// feed were received in all.
    pub fn drawn(&mut self, changes: usize, pulses: usize, received: u32) {
        self.frames += 1;
        self.applied = self.applied.wrapping_add(u32::try_from(changes).unwrap_or(u32::MAX));
        let (frames, applied) = (self.frames, self.applied);
        self.set("frames", &frames.into());
        self.set("received", &received.into());
        self.set("applied", &applied.into());
        self.set("pulses", &u32::try_from(pulses).unwrap_or(u32::MAX).into());
    }

    /// The state of the feed.
    pub fn state(&mut self, word: &str) {
        self.set("state", &word.into());
    }

    fn set(&mut self, key: &str, value: &JsValue) {
        let _ = Reflect::set(&self.object, &key.into(), value);
    }
}
