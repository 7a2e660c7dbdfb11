//! The command line as its users meet it: what it prints, what it writes, and how it ends.

mod commands;
mod contract;
mod exits;
mod freeze;
mod junit;
mod keep;
mod linearize;
mod new;
mod outputs;
mod phases;
mod placement;
mod profile;
mod regress;
mod regress_formats;
mod replay;
mod seeds;
mod shrink;
mod toy;

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The command, in a folder of its own, without the colours and the settings of the host.
pub fn stormseed(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
    command.current_dir(folder);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    for name in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
        command.env_remove(name);
    }
    command
}

/// What a command came to.
pub struct Came {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

/// Obeys a command line in a folder.
pub fn obey(folder: &Path, line: &str) -> Came {
    obey_with(folder, line, "")
}

/// Obeys a command line in a folder, with a text on stdin.
pub fn obey_with(folder: &Path, line: &str, stdin: &str) -> Came {
    obey_args(folder, &line.split_whitespace().collect::<Vec<_>>(), stdin)
}

/// Obeys a command line whose arguments may have spaces.
pub fn obey_args(folder: &Path, arguments: &[&str], stdin: &str) -> Came {
    let mut command = stormseed(folder);
    let output = command.args(arguments).write_stdin(stdin).output();
    let output = output.expect("the command can be run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    Came {
        exit: output.status.code().expect("it ends by itself"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A folder with scenario files of these names and texts.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        let path: PathBuf = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it stands in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Three servers and a few crashes: everything holds.
pub const CALM: &str = r#"# A small storm.
name     = "test/calm"
format   = 1
duration = "3s"
seeds    = "0..20"

[nodes]
servers = 3

[algorithm.election-raft]

[nemesis]
crash = { who = "minority", every = "300ms..1s", for = "100ms..500ms" }

[heal]
within = "3s"

[require]
milestones = ["leader-elected"]
"#;

/// A partition breaks what Bully promises, with every seed.
pub const BROKEN: &str = r#"# Two coordinators.
name     = "test/broken"
format   = 1
duration = "3s"
seeds    = "0..10"

[nodes]
servers = 5

[algorithm.election-bully]

[[fault]]
at        = "1s"
partition = { groups = [["n0", "n1"], ["n2", "n3", "n4"]] }
"#;

/// The scenario with a line of its head replaced.
pub fn expecting(text: &str, expect: &str) -> String {
    text.replacen("format   = 1", &format!("format   = 1\nexpect   = {{ {expect} }}"), 1)
}
