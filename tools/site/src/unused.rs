//! Takes out code that never runs and that no optimiser can know of.
//!
//! Every type-erased view of leptos carries a way to be taken over piece by piece, by an asynchronous walk that only
//! `mount::hydrate_lazy` begins. Our pages are taken over in one go (`hydrate_body`, in `app/src/lib.rs`): nobody begins that
//! walk, but each view's table names its step, so that a sixth of the module is dead and stays. Here each step becomes a
//! trap, and what only steps called goes with them when the module is optimised. Were a step ever taken, the page would
//! stop at once, in every browser test.

use std::collections::HashSet;
use std::path::Path;

use walrus::ir::{Instr, InstrLocId, Unreachable, Visitor, dfs_in_order};
use walrus::{FunctionId, LocalFunction};

use crate::Result;

/// The method whose futures the steps are: their `poll` is a closure in it to the compiler.
const METHOD: &str = "hydrate_async";
/// Functions of fewer instructions may have been merged with others that read the same.
const LEAST: u64 = 120;

/// The functions that one calls by name.
fn calls(function: &LocalFunction) -> Vec<FunctionId> {
    struct Calls(Vec<FunctionId>);
    impl<'a> Visitor<'a> for Calls {
        fn visit_function_id(&mut self, id: &FunctionId) {
            self.0.push(*id);
        }
    }
    let mut all = Calls(Vec::new());
    dfs_in_order(&mut all, function, function.entry_block());
    all.0
}

/// Whether a name is that of a step: a closure of the method itself, and not something that was made for its type, such as the
/// glue that drops it, which others that look the same share.
fn is_step(name: &str) -> bool {
    let Some((before, after)) = name.rsplit_once(METHOD) else { return false };
    after.contains("closure") && !after.contains('>') && !after.contains("$GT$") && !before.contains("drop_in_place")
}

/// Makes a trap of each step in a module that still has its names; answers of how many.
pub(crate) fn drop_async_hydration(module: &Path) -> Result<usize> {
    let fail = |why: &dyn std::fmt::Display| format!("{}: {why}", module.display());
    let mut m = walrus::Module::from_file(module).map_err(|why| fail(&format!("{why:#}")))?;
    let named = m
        .funcs
        .iter_local()
        .filter(|(id, f)| m.funcs.get(*id).name.as_deref().is_some_and(is_step) && f.size() >= LEAST);
    let mut steps: HashSet<FunctionId> = named.map(|(id, _)| id).collect();
    // A step is called by other steps or by way of a table. One that anybody else calls by itself bears the name of a step and
    // is something else as well: the compiler keeps one of two functions that read the same.
    loop {
        let others = m.funcs.iter_local().filter(|(id, _)| !steps.contains(id));
        let called: HashSet<FunctionId> = others.flat_map(|(_, f)| calls(f)).filter(|id| steps.contains(id)).collect();
        if called.is_empty() {
            break;
        }
        steps.retain(|id| !called.contains(id));
    }
    for id in &steps {
        let function = m.funcs.get_mut(*id).kind.unwrap_local_mut();
        let entry = function.entry_block();
        function.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
    }
    m.emit_wasm_file(module).map_err(|why| fail(&format!("{why:#}")))?;
    Ok(steps.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_closure_of_the_method_itself() {
        for (name, step) in [
            ("<T as tachys::view::any_view::IntoAny>::into_any::hydrate_async::{{closure}}::h7eaa2a4a", true),
            ("_ZN53_$LT$T$u20$as$u20$IntoAny$GT$8into_any13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h7eE", true),
            ("<F as RenderHtml>::hydrate_async::{{closure}}::{{closure}}", true),
            ("core::ptr::drop_in_place<tachys::hydrate_async::{{closure}}>", false),
            ("_ZN4core3ptr9drop_in_place$LT$x..hydrate_async..$u7b$$u7b$closure$u7d$$u7d$$GT$17h1E", false),
            ("<T as IntoAny>::into_any::hydrate_async::h80b2", false),
            ("<T as IntoAny>::into_any::hydrate_from_server", false),
        ] {
            assert_eq!(is_step(name), step, "{name}");
        }
    }
}
