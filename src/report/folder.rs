//! Output files: written under another name in their own folder, synced and renamed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An output that could not be written.
#[derive(Debug)]
pub struct Failed {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for Failed {}

/// A folder for results.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder of a scenario below `root`, and creates it if need be. `name` is a checked
    /// name of a scenario: words separated by `/`, none of which leads elsewhere.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(root: &Path, name: &str) -> Result<Self, Failed> {
        let mut path = root.to_path_buf();
        path.extend(name.split('/').filter(|part| !part.starts_with('.')));
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Folder { path }),
            Err(error) => Err(Failed { path, error }),
        }
    }

    /// A file of this folder, to be written as a whole.
    ///
    /// # Errors
    /// If nothing can be written here.
    pub fn create(&self, name: &str) -> Result<Whole, Failed> {
        Whole::create(self.path.join(name))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that appears under its name when it is complete, and not before.
#[derive(Debug)]
pub struct Whole {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Whole {
    /// Opens a file beside the place where it will stand.
    ///
    /// # Errors
    /// If nothing can be written there.
    pub fn create(path: PathBuf) -> Result<Self, Failed> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if path.is_dir() {
            let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file");
            return Err(Failed { path, error });
        }
        let mut builder = tempfile::Builder::new();
        match builder.prefix(".stormseed-").suffix(".part").tempfile_in(folder) {
            Ok(file) => Ok(Whole { path, file: BufWriter::new(file) }),
            Err(error) => Err(Failed { path, error: own(error) }),
        }
    }

    /// Syncs it and gives it its name; what stood there before is replaced.
    ///
    /// # Errors
    /// If it cannot be written; then what stood there before is as it was.
    pub fn keep(self) -> Result<(), Failed> {
        let path = self.path;
        let failed = |error| Failed { path: path.clone(), error };
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        readable(file.as_file()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Where it will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What the system said, without the name of the file that is not to be seen.
fn own(error: io::Error) -> io::Error {
    match error.get_ref() {
        None => error,
        Some(_) if error.kind() == io::ErrorKind::NotFound => {
            io::Error::new(error.kind(), "there is no such folder")
        }
        Some(_) => error.kind().into(),
    }
}

/// Temporary files are for their owner only; results are for everybody.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file as a whole.
///
/// # Errors
/// If it cannot be written; then what stood there before is as it was.
pub fn write_whole(path: PathBuf, bytes: &[u8]) -> Result<(), Failed> {
    let mut file = Whole::create(path)?;
    match file.write_all(bytes) {
        Ok(()) => file.keep(),
        Err(error) => Err(Failed { path: file.path, error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_complete_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::open(root.path(), "family/what").expect("a folder");
        let mut file = folder.create("runs.csv").expect("a file");
        file.write_all(b"a\n").expect("a row");
        assert!(!folder.path().join("runs.csv").exists());
        file.keep().expect("it is kept");
        drop(folder.create("runs.csv").expect("a file that is given up"));
        let names = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 1);
        assert_eq!(fs::read(folder.path().join("runs.csv")).expect("a file"), b"a\n");
    }

    #[test]
    fn a_folder_that_cannot_be_is_told_by_name() {
        let root = NamedTempFile::new().expect("a temporary file");
        let failed = Folder::open(root.path(), "family/what").expect_err("it is a file");
        assert!(failed.to_string().contains("family"), "{failed}");
    }

    #[test]
    fn a_file_that_cannot_be_is_told_by_its_own_name_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let failed = write_whole(root.path().join("no/x.toml"), b"").expect_err("no folder");
        let said = failed.to_string();
        assert!(said.contains("x.toml") && !said.contains(".part"), "{said}");
        let failed = write_whole(root.path().to_path_buf(), b"").expect_err("it is a folder");
        assert!(failed.to_string().ends_with(": it is a folder; name a file"), "{failed}");
    }
}
