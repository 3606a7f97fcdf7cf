//! The broker gives credentials to the restore pod of a replica, for that replica's group, and to nobody else.

use anyhow::{Result, ensure};
use contract::broker::{CREDENTIALS_PATH, TOKEN_AUDIENCE};
use contract::ids::Intent;
use contract::secret::{ExposeSecret, SecretString};
use e2e::fixtures::Fixture;
use e2e::kubernetes::{Answer, FURNITURE, TokenOf, operator_pod, pods, post, token};
use e2e::timeouts::TOLD;
use e2e::wait::{Look, until};
use e2e::world::World;
use serde_json::json;
use uuid::Uuid;

const BROKER_PORT: u16 = 9091;
/// So little of a core that the restore is under way while the broker is asked.
const SLOW: &str = "60m";

/// Asks the broker over its real port, with or without a token, for a group.
async fn ask(world: &World, token: Option<&SecretString>, group: &str) -> Result<Answer> {
    let operator = operator_pod(&world.client).await?.expect("the operator is up");
    let body = json!({ "group": group, "type": world.backup_type });
    post(&world.client, &operator, (BROKER_PORT, CREDENTIALS_PATH), token, &body).await
}

#[tokio::test]
async fn fault_c16_the_broker_refuses_everyone_but_the_restore_pod_asking_for_its_own_group() {
    World::run(async |world| {
        let (own, other) = (world.group.to_string(), Uuid::new_v4().to_string());
        let replica =
            world.slow_restore(&world.server(Fixture::Large15).await?, Intent::Verify, SLOW).await?;
        let pod = replica.restore_pod().await?;
        let for_broker = token(&world.client, TokenOf { pod: &pod, audience: TOKEN_AUDIENCE }).await?;
        let for_others = token(&world.client, TokenOf { pod: &pod, audience: "someone-else" }).await?;
        let stranger = pods(&world.client, FURNITURE, "").await?.remove(0);
        let strangers = token(&world.client, TokenOf { pod: &stranger, audience: TOKEN_AUDIENCE }).await?;
        let forged =
            SecretString::from(for_broker.expose_secret().replace(|c: char| c.is_ascii_digit(), "x"));

        let cases = [
            ("no token", None, &own, 401),
            ("a forged token", Some(&forged), &own, 401),
            ("a token for another audience", Some(&for_others), &own, 401),
            ("a pod of another namespace", Some(&strangers), &own, 403),
            ("a body that names another group", Some(&for_broker), &other, 403),
            ("the restore pod for its own group", Some(&for_broker), &own, 200),
        ];
        for (who, token, group, expected) in cases {
            let answer = ask(world, token, group).await?;
            ensure!(answer.status == expected, "{who}: {} instead of {expected}", answer.status);
            let given = answer.body.get("credentials").is_some();
            ensure!(given == (expected == 200), "{who}: credentials given: {given}");
            ensure!(answer.body.get("repo_password").is_none(), "{who}: the repository's password was given");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_c16_the_broker_refuses_pods_that_only_look_like_restore_pods_and_tokens_of_deleted_ones() {
    World::run(async |world| {
        let own = world.group.to_string();
        let replica =
            world.slow_restore(&world.server(Fixture::Small17).await?, Intent::Verify, SLOW).await?;
        let impostor = replica.impostor().await?;
        let its_token = token(&world.client, TokenOf { pod: &impostor, audience: TOKEN_AUDIENCE }).await?;
        ensure!(ask(world, Some(&its_token), &own).await?.status == 403, "an impostor was served");
        replica.remove_pod(&impostor).await?;
        // For some seconds the API server remembers the token as good; then it is the pod that is missing: 403.
        until(TOLD, || async {
            let status = ask(world, Some(&its_token), &own).await?.status;
            ensure!(status == 401 || status == 403, "the token of a deleted pod was answered {status}");
            Ok(Look::some((status == 401).then_some(()), "403"))
        })
        .await
    })
    .await;
}
