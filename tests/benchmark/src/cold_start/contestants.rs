//! The function, and the others that it is compared with.

use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::ValueEnum;
use sandbox::build::build;
use sandbox::tls::Tls;
use tokio::process::Command;

use super::{Failed, Options, progress};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Which function is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// The function.
    Ours,
    /// `lambda_runtime`'s hello world.
    Hello,
    /// Python with boto3, which makes its clients in the handler.
    Python,
    /// Node with the AWS SDK, bundled, which makes its clients at the top level.
    Node,
}

/// A function that can be started.
#[derive(Clone, Debug)]
pub(super) struct Contestant {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<PathBuf>,
    /// The contents of its package.
    pub(super) size: Size,
}

/// How large a package is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) bytes: u64,
    /// `None` if this machine cannot zip it.
    pub(super) zipped: Option<u64>,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "iam-key-rotator",
            Self::Hello => "hello world, Rust",
            Self::Python => "Python, boto3",
            Self::Node => "Node, bundled",
        }
    }

    /// Whether it does the four steps, or only responds.
    pub(super) fn rotates(self) -> bool {
        self != Self::Hello
    }

    /// The variables that make it trust the endpoints. Each reads as many roots as on Lambda: the machine's, or one
    /// more for Node, which has its own built in.
    pub(super) fn trust(self, tls: &Tls) -> Option<(String, String)> {
        let (variable, file) = match self {
            Self::Ours | Self::Hello => ("SSL_CERT_FILE", tls.roots()),
            Self::Python => ("AWS_CA_BUNDLE", tls.roots()),
            Self::Node => ("NODE_EXTRA_CA_CERTS", tls.authority()),
        };
        Some((variable.to_owned(), file.to_str()?.to_owned()))
    }
}

/// Builds and installs everything that the options ask for. The function comes first.
pub(super) async fn prepare(options: &Options) -> Result<Vec<Contestant>, Failed> {
    let release = !options.short;
    let mut contestants = Vec::new();
    if options.measures(Kind::Python) || options.measures(Kind::Node) {
        progress("Installing the Python and Node functions");
        install().await?;
    }
    for (kind, package, given) in [
        (Kind::Ours, "iam-key-rotator", &options.function),
        (Kind::Hello, "hello", &options.hello),
    ] {
        if !options.measures(kind) {
            continue;
        }
        let binary = match given {
            Some(path) => path
                .canonicalize()
                .map_err(|error| format!("{}: {error}", path.display()))?,
            None => {
                progress(&format!("Building {package}"));
                build(package, release).await?
            }
        };
        contestants.push(contestant(kind, binary.clone(), Vec::new(), &[binary]).await?);
    }
    let root = Path::new(ROOT)
        .canonicalize()
        .map_err(|error| format!("{ROOT}: {error}"))?;
    if options.measures(Kind::Python) {
        let tools = root.join("target/tools/benchmark");
        let function = tools.join("function");
        let packages = python_packages(&tools)?;
        let runtime = function.join("runtime.py");
        let package = [packages, function.join("function.py")];
        let program = tools.join("bin/python");
        contestants.push(contestant(Kind::Python, program, vec![runtime], &package).await?);
    }
    if options.measures(Kind::Node) {
        let bundle = root.join("target/tools/benchmark-node/bundle/function.cjs");
        let node = find_program("node").ok_or("there is no node on the PATH")?;
        contestants.push(contestant(Kind::Node, node, vec![bundle.clone()], &[bundle]).await?);
    }
    Ok(contestants)
}

async fn contestant(
    kind: Kind,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    package: &[PathBuf],
) -> Result<Contestant, Failed> {
    Ok(Contestant {
        kind,
        name: kind.name(),
        program,
        arguments,
        size: size(package).await?,
    })
}

async fn install() -> Result<(), Failed> {
    let script = Path::new(ROOT).join("tests/benchmark/functions/install.sh");
    let status = Command::new("bash")
        .arg(script)
        .kill_on_drop(true)
        .status()
        .await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "the Python and Node functions can't be installed: {status} (--only ours --only hello does without)"
        )),
        Err(error) => Err(format!("bash does not start: {error}")),
    }
}

/// The folder of the packages in the Python environment.
fn python_packages(tools: &Path) -> Result<PathBuf, Failed> {
    let versions = fs::read_dir(tools.join("lib")).map_err(|error| error.to_string())?;
    let mut folders = versions
        .flatten()
        .map(|version| version.path().join("site-packages"));
    folders
        .find(|folder| folder.join("boto3").is_dir())
        .ok_or_else(|| "boto3 is not installed".to_owned())
}

/// The size of files and folders, and their zipped size if Python is available.
async fn size(package: &[PathBuf]) -> Result<Size, Failed> {
    let script = Path::new(ROOT).join("tests/benchmark/functions/python/zipped.py");
    let zipped = Command::new("python3")
        .arg(script)
        .args(package)
        .output()
        .await;
    let text = zipped.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let figures = text.unwrap_or_default();
    let mut figures = figures.split_whitespace().map(str::parse);
    match (figures.next(), figures.next(), package) {
        (Some(Ok(bytes)), Some(Ok(zipped)), _) => Ok(Size {
            bytes,
            zipped: Some(zipped),
        }),
        (.., [file]) => Ok(Size {
            bytes: fs::metadata(file).map_err(|error| error.to_string())?.len(),
            zipped: None,
        }),
        _ => Err("the size of a package can't be told without python3".to_owned()),
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut programs = env::split_paths(&path).map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}
