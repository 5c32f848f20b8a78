//! Takes out code that never runs and that no optimiser can know of.
//!
//! Every type-erased view of leptos carries a way to be taken over piece by piece, by an asynchronous walk that only
//! `mount::hydrate_lazy` begins. Our pages are taken over in one go (`hydrate_body`, in `app/src/lib.rs`): nobody begins that
//! walk, but each view's table names its step, so that a sixth of the module is dead and stays. Here each step becomes a
//! trap, and what only steps called goes with them when the module is optimised. Were a step ever taken, the page would
//! stop at once, in every browser test.

use std::path::Path;

use walrus::ir::{Instr, InstrLocId, Unreachable};

use crate::Result;

/// Part of the names of the steps: those of the futures' `poll`, which are closures to the compiler.
const STEP: [&str; 2] = ["hydrate_async", "closure"];
/// Functions of fewer instructions may have been merged with others that read the same.
const LEAST: u64 = 40;

/// Makes a trap of each step in a module that still has its names; answers of how many.
pub(crate) fn drop_async_hydration(module: &Path) -> Result<usize> {
    let fail = |why: &dyn std::fmt::Display| format!("{}: {why}", module.display());
    let mut m = walrus::Module::from_file(module).map_err(|why| fail(&format!("{why:#}")))?;
    let steps: Vec<_> = m
        .funcs
        .iter_local()
        .filter(|(id, f)| {
            let name = m.funcs.get(*id).name.as_deref().unwrap_or_default();
            STEP.iter().all(|part| name.contains(part)) && f.size() >= LEAST
        })
        .map(|(id, _)| id)
        .collect();
    for id in &steps {
        let function = m.funcs.get_mut(*id).kind.unwrap_local_mut();
        let entry = function.entry_block();
        function.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
    }
    m.emit_wasm_file(module).map_err(|why| fail(&format!("{why:#}")))?;
    Ok(steps.len())
}
