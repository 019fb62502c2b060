//! Has cargo look again at what the binary embeds whenever the web page or the film was rebuilt.

fn main() {
    println!("cargo:rerun-if-changed=../../web/dist");
    println!("cargo:rerun-if-changed=../../media");
    println!("cargo:rerun-if-changed=../../manifests");
}
