//! Compiles the event schema. `protox` is a protobuf compiler in Rust, so no `protoc` need be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = "proto/trapline/event/v1/event.proto";
    println!("cargo:rerun-if-changed={schema}");
    let descriptors = protox::compile([schema], ["proto"])?;
    prost_build::Config::new()
        .bytes([".trapline.event.v1.Message.content", ".trapline.event.v1.Transcript.bytes"])
        .compile_fds(descriptors)?;
    Ok(())
}
