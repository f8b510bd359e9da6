//! `countersign`: one binary for an authority, from its founding to its statements.

mod backup;
mod clock;
mod desk;
mod fair;
mod links;
mod mail;
mod net;
mod output;
mod overview;
mod partners;
mod restored;
mod running;
mod serve;
mod signals;
mod simulate;
mod stories;
mod users;
mod verbs;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{Done, Global};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Control of a country's medical narcotic drugs, and international verification of every export
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a country's year on real storage, print its overview, and serve all its authorities
    Demo(stories::DemoArgs),
    /// Play a scenario file; exit 1 on a mismatch
    Run(stories::RunArgs),
    /// Make a new authority: keys, journal, enrolment links of its first two administrators
    Init(verbs::InitArgs),
    /// Run it until Ctrl-C
    Serve(serve::ServeArgs),
    /// Submit commands from a file to a folder made by demo, run or bench
    Submit(verbs::SubmitArgs),
    /// The overview of a year in words and figures
    Statement(overview::StatementArgs),
    /// Recompute everything from the journal; name the first difference
    Fsck,
    /// Write an offline proof of one journal entry
    Proof(verbs::ProofArgs),
    /// Write entries with their proofs into one file: a case's, or those named
    Bundle(verbs::BundleArgs),
    /// Write the proof that the log only grew between two of its checkpoints
    Consistency(verbs::ConsistencyArgs),
    /// Write a whole authority into one file, also while it runs; the file contains the secret keys
    Backup(backup::BackupArgs),
    /// Restore an authority from its backup into an empty folder, and check it
    Restore(backup::RestoreArgs),
    /// Partner authorities and the messages with them
    Exchange(partners::ExchangeArgs),
    /// The authority's own keys
    Key(partners::KeyArgs),
    /// Persons, their roles and their first links
    User(users::UserArgs),
    /// Simulate authorities whose messages are lost, doubled and damaged, and whose nodes crash
    Sim(simulate::SimArgs),
    /// Measure the writer under load
    Bench(verbs::BenchArgs),
}

fn run(cli: &Cli) -> Done {
    match &cli.verb {
        Verb::Demo(args) => stories::demo(&cli.global, args),
        Verb::Run(args) => stories::run(&cli.global, args),
        Verb::Init(args) => verbs::init(&cli.global, args),
        Verb::Serve(args) => serve::serve(&cli.global, args),
        Verb::Submit(args) => verbs::submit(&cli.global, args),
        Verb::Statement(args) => overview::statement(&cli.global, args),
        Verb::Fsck => verbs::fsck(&cli.global),
        Verb::Proof(args) => verbs::proof(&cli.global, args),
        Verb::Bundle(args) => verbs::bundle(&cli.global, args),
        Verb::Consistency(args) => verbs::consistency(&cli.global, args),
        Verb::Backup(args) => backup::backup(&cli.global, args),
        Verb::Restore(args) => backup::restore(&cli.global, args),
        Verb::Exchange(args) => partners::exchange(&cli.global, args),
        Verb::Key(args) => partners::key(&cli.global, args),
        Verb::User(args) => users::user(&cli.global, args),
        Verb::Sim(args) => simulate::sim(&cli.global, args),
        Verb::Bench(args) => verbs::bench(&cli.global, args),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("countersign: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
