//! Asks STS who each profile named on the command line is, by the AWS SDK for Rust. An empty name
//! means no profile: what the environment gives. Prints one JSON object for each: profile, arn or
//! error, and seconds.

use std::time::Instant;

use aws_config::BehaviorVersion;
use aws_sdk_sts::error::DisplayErrorContext;
use serde_json::json;

async fn arn(profile: &str) -> Result<String, String> {
    // Without TLS: the stand-in for AWS is plain HTTP on loopback.
    let http = aws_smithy_http_client::Builder::new().build_http();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if !profile.is_empty() {
        loader = loader.profile_name(profile);
    }
    let client = aws_sdk_sts::Client::new(&loader.load().await);
    match client.get_caller_identity().send().await {
        Ok(who) => Ok(who.arn().unwrap_or_default().to_owned()),
        Err(error) => Err(DisplayErrorContext(&error).to_string()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for profile in std::env::args().skip(1) {
        let begun = Instant::now();
        let told = arn(&profile).await;
        let seconds = begun.elapsed().as_secs_f64();
        let line = match told {
            Ok(arn) => json!({"profile": profile, "arn": arn, "seconds": seconds}),
            Err(error) => json!({"profile": profile, "error": error, "seconds": seconds}),
        };
        println!("{line}");
    }
}
