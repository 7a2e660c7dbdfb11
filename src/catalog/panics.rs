//! Panics of protocols, caught: a run that panics costs one row, not the sweep.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// `Some` while this thread is inside a run: what a panic said, and where.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs it; a panic comes back as what it said and where. Panics elsewhere are reported as before.
pub(super) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_ours = CAUGHT.with_borrow_mut(|caught| match caught {
                Some(words) => {
                    *words = describe(info);
                    true
                }
                None => false,
            });
            if !is_ours {
                previous(info);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    let words = CAUGHT.take().unwrap_or_default();
    result.map_err(|payload| {
        // A payload whose drop panics must not take the sweep with it.
        std::mem::forget(payload);
        words
    })
}

fn describe(info: &panic::PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let words = payload
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned());
    match info.location() {
        Some(at) => format!("{words} (at {}:{})", place(at.file()), at.line()),
        None => words,
    }
}

/// A file as results may name it: the host's folders are nobody's business.
fn place(file: &str) -> &str {
    let path = std::path::Path::new(file);
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if path.is_absolute() => name,
        _ => file,
    }
}
