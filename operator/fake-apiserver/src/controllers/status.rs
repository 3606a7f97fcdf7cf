//! The status a kubelet writes for a pod that has come so far.

use super::outcome::Messages;
use crate::Object;
use serde_json::{Value, json};
use std::cmp::Ordering;

/// Names of a pod's containers, and whether it starts ended ones again.
pub(super) struct Containers {
    init: Vec<String>,
    main: Vec<String>,
    restarts: bool,
}

impl Containers {
    pub(super) fn of(pod: &Object) -> Self {
        let names = |field| {
            let all = pod["spec"][field].as_array().into_iter().flatten();
            all.filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
        };
        let restarts = pod["spec"]["restartPolicy"].as_str().unwrap_or("Always") != "Never";
        Self { init: names("initContainers"), main: names("containers"), restarts }
    }

    pub(super) fn waiting(&self, container: &str, reason: &str, message: &str) -> Value {
        self.until("Pending", container, &json!({ "waiting": { "reason": reason, "message": message } }))
    }

    pub(super) fn initialising(&self, container: &str) -> Value {
        self.until("Pending", container, &running())
    }

    pub(super) fn up(&self, ready: bool, messages: &Messages) -> Value {
        self.through(&running(), ready, messages, 0)
    }

    pub(super) fn crashing(&self, restarts: i32, exit_code: i32, messages: &Messages) -> Value {
        let waits = json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off restarting" } });
        let mut status = self.through(&waits, false, messages, restarts);
        status["containerStatuses"][0]["lastState"] = terminated(exit_code, "Error", "");
        status
    }

    pub(super) fn ended(&self, container: &str, exit_code: i32, reason: &str, message: &str) -> Value {
        let of_init = self.init.iter().any(|name| name == container);
        let phase = match (exit_code, of_init, self.restarts) {
            (0, false, false) => "Succeeded",
            (0, true, _) | (_, _, true) => "Pending",
            (_, _, false) => "Failed",
        };
        self.until(phase, container, &terminated(exit_code, reason, message))
    }

    /// Those before `container` are through, it is in `state`, and those after it wait.
    fn until(&self, phase: &str, container: &str, state: &Value) -> Value {
        let reached = self.init.iter().position(|name| name == container).unwrap_or(self.init.len());
        let waits = json!({ "waiting": { "reason": "PodInitializing" } });
        let init = self.init.iter().enumerate().map(|(n, name)| match n.cmp(&reached) {
            Ordering::Less => status(name, &terminated(0, "Completed", ""), 0, true),
            Ordering::Equal => status(name, state, 0, false),
            Ordering::Greater => status(name, &waits, 0, false),
        });
        let state_of = |name: &String| if name == container { state } else { &waits };
        let main = self.main.iter().map(|name| status(name, state_of(name), 0, false));
        let conditions = [condition("PodScheduled", true, "")];
        json!({ "phase": phase, "conditions": conditions,
            "initContainerStatuses": init.collect::<Value>(), "containerStatuses": main.collect::<Value>() })
    }

    /// Init containers are through, and the main ones in `state`.
    fn through(&self, state: &Value, ready: bool, messages: &Messages, restarts: i32) -> Value {
        let left = |name: &String| messages.get(name).map_or("", String::as_str);
        let init =
            self.init.iter().map(|name| status(name, &terminated(0, "Completed", left(name)), 0, true));
        let main = self.main.iter().map(|name| status(name, state, restarts, ready));
        let conditions = [
            condition("PodScheduled", true, ""),
            condition("Initialized", true, ""),
            condition("Ready", ready, ""),
        ];
        json!({ "phase": "Running", "conditions": conditions,
            "initContainerStatuses": init.collect::<Value>(), "containerStatuses": main.collect::<Value>() })
    }
}

/// Of a pod no node takes.
pub(super) fn unplaced(why: &str) -> Value {
    json!({ "phase": "Pending", "conditions": [condition("PodScheduled", false, why)] })
}

/// Of a pod its node threw out.
pub(super) fn evicted(why: &str) -> Value {
    json!({ "phase": "Failed", "reason": "Evicted", "message": why })
}

fn condition(kind: &str, met: bool, message: &str) -> Value {
    let status = if met { "True" } else { "False" };
    json!({ "type": kind, "status": status, "message": message })
}

fn status(name: &str, state: &Value, restarts: i32, ready: bool) -> Value {
    json!({ "name": name, "image": "", "imageID": "", "ready": ready, "restartCount": restarts, "state": state })
}

fn running() -> Value {
    json!({ "running": {} })
}

fn terminated(exit_code: i32, reason: &str, message: &str) -> Value {
    json!({ "terminated": { "exitCode": exit_code, "reason": reason, "message": message } })
}
