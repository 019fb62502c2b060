//! Networks, as they were named.

use super::files;
use anyhow::{Context as _, bail};
use dashpot_net::Generator;
use dashpot_sim::input::{Network, NetworkError, NetworkFormat};
use std::{path::Path, time::Duration};

/// What is played over where nothing is named: ten of each made-up kind.
const DEFAULT: &str = "gen:mixed";

/// Reads every trace that is named.
pub(crate) fn read(
    named: &[String],
    format: Option<NetworkFormat>,
    latency: Duration,
) -> anyhow::Result<Vec<Network>> {
    let default = [DEFAULT.to_owned()];
    let named = if named.is_empty() { &default } else { named };
    let mut networks = Vec::new();
    for name in named {
        let path = Path::new(name);
        if let Some(generator) = name.strip_prefix("gen:") {
            let made = Generator::parse(generator).with_context(|| format!("--trace {name}"))?;
            let traces = made.traces().with_context(|| format!("--trace {name}"))?;
            networks.extend(traces.into_iter().map(|(name, trace)| Network::new(name, trace)));
        } else if path.is_dir() {
            folder(path, format, latency, &mut networks)?;
        } else {
            networks.push(file(path, None, format, latency)?);
        }
    }
    files::unlike(networks.iter_mut().map(|network| &mut network.name));
    Ok(networks)
}

/// Reads a folder. What is of no format there, such as a README, is left out with a warning; what
/// is of one and broken is not.
fn folder(
    path: &Path,
    format: Option<NetworkFormat>,
    latency: Duration,
    networks: &mut Vec<Network>,
) -> anyhow::Result<()> {
    let before = networks.len();
    for each in files::all(path)? {
        match file(&each, Some(path), format, latency) {
            Ok(network) => networks.push(network),
            Err(error) if is_unknown(&error) => {
                tracing::warn!("`{}` is left out: it is no trace", each.display());
            }
            Err(error) => return Err(error),
        }
    }
    if networks.len() == before {
        bail!("`{}` holds no traces; name files, or a generator such as gen:mixed", path.display());
    }
    Ok(())
}

fn is_unknown(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(NetworkError::Unknown))
}

fn file(
    path: &Path,
    root: Option<&Path>,
    format: Option<NetworkFormat>,
    latency: Duration,
) -> anyhow::Result<Network> {
    let text = files::text(path)?;
    Network::read(files::name(path, root), &text, format, latency)
        .with_context(|| format!("cannot read the trace `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read_one(name: &str) -> Result<Vec<String>, String> {
        let read = read(&[name.to_owned()], None, Duration::ZERO);
        let names = |networks: Vec<Network>| networks.into_iter().map(|it| it.name).collect();
        read.map(names).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_folder_is_read_by_name_and_broken_files_are_refused_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let root = folder.path().to_str().unwrap();
        let refused = read_one(root).unwrap_err();
        assert!(refused.contains("holds no traces"), "{refused}");
        fs::create_dir(folder.path().join("in")).unwrap();
        write("b.csv", "1000,500,20\n");
        write("in/a.json", r#"[{"duration_ms":1,"bandwidth_kbps":1,"latency_ms":1}]"#);
        write("README.md", "# words");
        write(".hidden", "x");
        assert_eq!(read_one(root).unwrap(), ["b", "in/a"]);
        write("c.csv", "1000,500,20\n1000,x,20\n");
        let refused = read_one(root).unwrap_err();
        assert!(refused.contains("c.csv`: line 2 bandwidth_kbps is `x`"), "{refused}");
    }

    #[test]
    fn generators_are_named_with_their_parameters() {
        assert_eq!(read_one("gen:step,n=2").unwrap(), ["step-1-0000", "step-1-0001"]);
        assert_eq!(read(&[], None, Duration::ZERO).unwrap().len(), 50);
        let refused = read_one("gen:steps").unwrap_err();
        assert!(refused.contains("--trace gen:steps: `steps` is no generator"), "{refused}");
        let refused = read_one("nowhere.csv").unwrap_err();
        assert!(refused.contains("cannot read `nowhere.csv`"), "{refused}");
    }
}
