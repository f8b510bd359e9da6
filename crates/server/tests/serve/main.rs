//! Nodes as processes of their own, and whoever comes to them over the network.

mod backup;
mod demo;
mod end;
mod evidence;
mod figures;
mod files;
mod flood;
mod hostile;
mod keys;
mod log;
mod node;
mod pairing;
mod partners;
mod restart;
mod tls;

/// What a test gives; a failure is a sentence.
type Tested = Result<(), Box<dyn std::error::Error>>;
