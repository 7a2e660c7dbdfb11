//! The command line: a file a command, around the loops of the runner.
//!
//! stdout is data, stderr is talk. What a command comes to is an [`Exit`]; nothing else ends the
//! process.

mod arguments;
mod blind;
mod check;
mod contract;
mod day;
mod exit;
mod explain;
mod files;
mod freeze;
mod linearize;
mod list;
mod new;
mod outputs;
mod placement;
mod profile;
mod progress;
mod regress;
mod replay;
mod run;
mod seeds;
mod shrink;
mod summary;
mod sweep;
mod terminal;
mod verify;
mod zoo;
mod zoo_shrink;
mod zoo_shrunk;

pub use exit::Exit;

use crate::catalog::Catalog;
use arguments::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use terminal::Terminal;

/// What every command works with.
struct Host<'a> {
    catalog: &'a Catalog,
    /// The name by which this program was built, for commands to paste.
    program: String,
    terminal: Terminal,
}

/// Runs the command line with the algorithms of this catalog.
///
/// ```no_run
/// use stormseed::catalog::Catalog;
/// fn main() -> std::process::ExitCode {
///     stormseed::cli::main(Catalog::builtin())
/// }
/// ```
pub fn main(catalog: Catalog) -> ExitCode {
    ExitCode::from(obey(&catalog, std::env::args_os()).code())
}

/// Obeys a command line, the name of the program first.
pub fn obey<S>(catalog: &Catalog, arguments: impl IntoIterator<Item = S>) -> Exit
where
    S: Into<OsString> + Clone,
{
    match parse(arguments) {
        Ok(arguments) => {
            let terminal = Terminal::new(arguments.color.into());
            let mut host = Host { catalog, program: program(), terminal };
            let done = panic::catch_unwind(AssertUnwindSafe(|| host.obey(&arguments)));
            let exit = done.unwrap_or_else(|_| {
                host.terminal.say("this is a bug of stormseed; please report the lines above");
                Exit::Internal
            });
            exit.and(host.terminal.finish())
        }
        Err(error) => {
            // Where nobody listens any more, nothing is left to be said.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::AsExpected }
        }
    }
}

/// The command line with the program's own name in it.
fn command() -> clap::Command {
    Arguments::command().name("stormseed").bin_name(program()).after_help(exit::table())
}

fn parse<S>(arguments: impl IntoIterator<Item = S>) -> Result<Arguments, clap::Error>
where
    S: Into<OsString> + Clone,
{
    let matches = command().try_get_matches_from(arguments)?;
    Arguments::from_arg_matches(&matches)
}

/// The name of this program as it was called, without its folder.
fn program() -> String {
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = called.as_ref().and_then(|path| path.file_stem()).and_then(|stem| stem.to_str());
    name.unwrap_or("stormseed").to_owned()
}

impl Host<'_> {
    fn obey(&mut self, arguments: &Arguments) -> Exit {
        match &arguments.command {
            Command::Run(run) => self.run(run),
            Command::Sweep(sweep) => self.sweep(sweep),
            Command::Regress(regress) => self.regress(regress),
            Command::Replay(replay) => self.replay(replay),
            Command::Shrink(shrink) => self.shrink(shrink),
            Command::Profile(profile) => self.profile(profile),
            Command::Placement(placement) => self.placement(placement),
            Command::Freeze(freeze) => self.freeze(freeze),
            Command::Linearize(linearize) => self.linearize(linearize),
            Command::Check(check) => self.check(check),
            Command::List(list) => self.list(list),
            Command::New(new) => self.new_scenario(new),
            Command::Explain(explain) => self.explain(explain),
            Command::Verify(verify) => self.verify(verify),
            Command::Twin(twin) => self.twin(twin),
            Command::Zoo(zoo) => self.zoo(zoo),
            Command::Contract(contract) => self.contract(contract),
            Command::Schema => self.schema(),
            Command::Completions { shell } => self.completions(*shell),
        }
    }

    fn schema(&mut self) -> Exit {
        match serde_json::to_string_pretty(&self.catalog.schema()) {
            Ok(schema) => self.terminal.print(&schema),
            Err(error) => {
                self.terminal.error(&format!("the schema cannot be written: {error}"));
                return Exit::Internal;
            }
        }
        Exit::AsExpected
    }

    fn completions(&mut self, shell: clap_complete::Shell) -> Exit {
        let mut script = Vec::new();
        let name = self.program.clone();
        clap_complete::generate(shell, &mut command(), name, &mut script);
        self.terminal.print(String::from_utf8_lossy(&script).trim_end());
        Exit::AsExpected
    }
}
