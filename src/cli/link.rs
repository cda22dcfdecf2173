//! `driftscope link`: the permalink of a scenario, from `#` on.

use super::args::LinkArgs;
use super::failure::Failure;
use super::{output, scenario};
use crate::scenario::permalink::{self, Extras};

/// Runs the command.
pub fn run(args: &LinkArgs) -> Result<(), Failure> {
    let loaded = scenario::load(&args.scenario, args.strategy.as_deref())?;
    // The hash is of the run that the link was made for; what is written now need not be that.
    let extras = Extras { h: None, ..loaded.extras };
    output::write(&args.out, &(permalink::encode(&loaded.document, &extras) + "\n"))
}
