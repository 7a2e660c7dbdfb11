//! The project's own files, as the tests of its form read them.

use std::fs;
use std::path::Path;

/// A file: its path from the project's root with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The files under these folders that end so, in the order of their paths.
pub fn sources(folders: &[&str], ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in folders {
        collect(root, Path::new(folder), ending, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return; // Not every folder exists from the first day.
    };
    for entry in entries {
        let entry = entry.expect("a folder of the project can be listed");
        let path = folder.join(entry.file_name());
        if root.join(&path).is_dir() {
            collect(root, &path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            let text = fs::read_to_string(root.join(&path)).expect("sources are UTF-8");
            let path = path.to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}
