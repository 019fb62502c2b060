//! The network: read, checked for its shapes, and asked.

use crate::layout::{Layout, Seen};
use anyhow::{Context as _, bail};
use std::{fs::File, io::Read as _, path::Path, sync::Arc};
use tract_onnx::{
    prelude::*,
    tract_hir::{infer::Factoid as _, internal::DimLike as _},
};

/// The largest file that is read: a hundred times the networks that choose rungs.
const BYTES_MAX: u64 = 64 << 20;

/// A network that scores rungs.
pub(crate) struct Network {
    plan: Arc<TypedRunnableModel>,
    layout: Layout,
    rungs: usize,
}

impl Network {
    /// Reads the network in `file`, and asks it once, so that what is wrong with it is known before
    /// anything plays.
    pub(crate) fn load(file: &Path) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        let opened = File::open(file).context("cannot read it")?;
        opened.take(BYTES_MAX + 1).read_to_end(&mut bytes).context("cannot read it")?;
        if BYTES_MAX < u64::try_from(bytes.len())? {
            bail!("it has more than {BYTES_MAX} bytes");
        }
        let model = tract_onnx::onnx().model_for_read(&mut bytes.as_slice());
        let model = model.context("it cannot be read as ONNX")?;
        let [_] = model.input_outlets()? else {
            bail!("it has {} inputs; one is expected", model.input_outlets()?.len());
        };
        let fact = model.input_fact(0)?;
        let sizes = fact.shape.dims().map(|dim| dim.concretize()?.to_usize().ok());
        let layout = Layout::of(&sizes.collect::<Vec<_>>())?;
        let shape = layout.shape();
        let model = model.with_input_fact(0, f32::fact(&shape).into())?;
        let model = model.into_optimized().context("it does not take what it is shown")?;
        let mut network = Self { plan: model.into_runnable()?, layout, rungs: 0 };
        network.rungs = network.scores(vec![0.0; shape.iter().product()])?.len();
        Ok(network)
    }

    /// Returns the rung with the highest score; of several, the lowest.
    pub(crate) fn choose(&self, seen: &Seen) -> anyhow::Result<usize> {
        let rungs = seen.ladder_kbps.len();
        if rungs != self.rungs {
            bail!("the network scores {} rungs, and the film has {rungs}", self.rungs);
        }
        let scores = self.scores(self.layout.fill(seen)?)?;
        let mut best = (0, f32::NEG_INFINITY);
        for (rung, score) in scores.into_iter().enumerate() {
            if score.is_nan() {
                bail!("the network's score of rung {rung} is no number");
            }
            if best.1 < score {
                best = (rung, score);
            }
        }
        Ok(best.0)
    }

    fn scores(&self, shown: Vec<f32>) -> anyhow::Result<Vec<f32>> {
        let shown = Tensor::from_shape(&self.layout.shape(), &shown)?;
        let outputs = self.plan.run(tvec!(shown.into())).context("the network cannot be asked")?;
        let scores = outputs.first().context("the network has no output")?.cast_to::<f32>()?;
        match scores.shape() {
            [_] | [1, _] => {}
            other => {
                let shape = other.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
                bail!("its output has the shape {shape}; 1 x rungs is expected");
            }
        }
        let scores = scores.to_plain_array_view::<f32>()?;
        Ok(scores.iter().copied().collect())
    }
}
