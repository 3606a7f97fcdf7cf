//! The reasons of Kubernetes Events: a fixed few, which people's alerts and filters may rely on. `docs/observing.md`
//! lists them, and a test holds it to that.

use kube::runtime::events::EventType;

/// Where an event is to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the replica's namespace.
    Replica,
    /// In the operator's namespace: the replica's takes none, is not ours, or it is about all of them.
    Operator,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $id:ident $type:ident $place:ident $action:literal;)*) => {
        /// What happened, as `kubectl events` shows it. Names are added, never changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventReason { $($(#[$doc])* $id,)* }

        impl EventReason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// Whether it is to worry anybody.
            pub fn kind(self) -> EventType {
                match self { $(Self::$id => EventType::$type,)* }
            }

            /// Where it is to be looked for.
            pub fn place(self) -> Place {
                match self { $(Self::$id => Place::$place,)* }
            }

            /// What the operator was about.
            pub fn action(self) -> &'static str {
                match self { $(Self::$id => $action,)* }
            }
        }
    };
}

reasons! {
    /// The namespace of a replica was made.
    Provisioned Normal Replica "Provision";
    /// A restore was begun.
    RestoreStarted Normal Replica "Restore";
    /// A snapshot is restored, sound, and served.
    Verified Normal Replica "Verify";
    /// A restore was broken off and goes on where it was.
    RestoreResumed Warning Replica "Restore";
    /// An attempt failed; the note begins with the class.
    RestoreFailed Warning Replica "Restore";
    /// Guests are sent to a newer run.
    Switched Normal Replica "Refresh";
    /// The run before it has had its time and was removed.
    Drained Normal Replica "Refresh";
    /// Canopy does not take a report, and never will.
    ReportRefused Warning Replica "Report";
    /// What serves is in trouble, or cannot be put back: who is to help is in the note.
    ServingTrouble Warning Replica "Serve";
    /// The worklist has not named the replica for long enough; its teardown begins.
    TeardownBegun Normal Replica "TearDown";
    /// Too much is absent from the worklist at once: nothing is torn down; the note has the command that releases it.
    TeardownHeld Warning Operator "TearDown";
    /// Teardown is not held any more.
    TeardownReleased Normal Operator "TearDown";
    /// A bucket, or Canopy for a group, does not answer: restores that need it wait.
    RestoresParked Warning Operator "Restore";
    /// It answers again.
    RestoresResumed Normal Operator "Restore";
    /// Labels or annotations of a namespace do not read: it is left alone.
    Unreadable Warning Operator "Observe";
    /// A namespace is being deleted for longer than it should take: who is waited for is in the note.
    TerminatingStuck Warning Operator "TearDown";
    /// An object of somebody else has the name one of ours should have: it is left alone.
    ForeignCollision Warning Operator "Provision";
}
