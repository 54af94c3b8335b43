//! Moto's server, with its permission checks turned on.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use tokio::sync::OnceCell;

use crate::account::{clients, everything, unique};

/// Where moto's server listens.
pub fn url() -> String {
    let Ok(url) = env::var("MOTO_URL") else {
        panic!(
            "MOTO_URL is not set: start moto_server, and say where, as in http://127.0.0.1:5000"
        );
    };
    url.trim_end_matches('/').to_owned()
}

/// A user who may do everything, made once per run of the tests. Moto checks neither signatures nor
/// permissions until it is told to, so that a first user can be made.
pub async fn operator(url: &str) -> Credentials {
    static OPERATOR: OnceCell<Credentials> = OnceCell::const_new();
    OPERATOR
        .get_or_init(|| async {
            calls_without_authorization(url, "inf");
            let nobody = Credentials::new("nobody", "nothing", None, None, "contract");
            let sdk = clients(url, nobody);
            let name = unique("operator");
            let iam = aws_sdk_iam::Client::new(&sdk);
            iam.create_user().user_name(&name).send().await.unwrap();
            allow_everything(&sdk, &name).await;
            let created = iam.create_access_key().user_name(&name).send().await;
            calls_without_authorization(url, "0");
            let key = created.unwrap().access_key.unwrap();
            Credentials::new(
                key.access_key_id,
                key.secret_access_key,
                None,
                None,
                "contract",
            )
        })
        .await
        .clone()
}

/// Allows a user everything.
pub async fn allow_everything(sdk: &SdkConfig, user: &str) {
    aws_sdk_iam::Client::new(sdk)
        .put_user_policy()
        .user_name(user)
        .policy_name("everything")
        .policy_document(everything().to_string())
        .send()
        .await
        .unwrap();
}

/// Tells moto how many calls it should accept from anybody from now on.
fn calls_without_authorization(url: &str, count: &str) {
    let address = url
        .strip_prefix("http://")
        .expect("MOTO_URL is no http:// URL");
    let mut server = TcpStream::connect(address)
        .unwrap_or_else(|error| panic!("no server answers at MOTO_URL={url}: {error}"));
    let request = format!(
        "POST /moto-api/reset-auth HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{count}",
        count.len()
    );
    server.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    server.read_to_string(&mut answer).unwrap();
    let status = answer.lines().next().unwrap_or_default();
    assert!(status.contains(" 200 "), "moto answers {status}");
}
