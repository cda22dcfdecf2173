//! `ids!`: an enum, the list of its members and their stable names from one list.

/// Declares a fieldless enum whose members carry a stable name, used in documents, reports and on the page.
///
/// ```
/// driftscope::ids! {
///     /// A shape.
///     pub enum Shape { Round = "round", Square = "square" }
/// }
/// assert_eq!(Shape::Round.id(), "round");
/// assert_eq!(Shape::from_id("square"), Some(Shape::Square));
/// assert_eq!(Shape::ALL.len(), 2);
/// ```
#[macro_export]
macro_rules! ids {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $member:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        $vis enum $name { $($(#[$doc])* #[doc = concat!("`", $id, "`")] $member),+ }

        impl $name {
            /// Every member, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$member),+];
            /// The stable names, in declaration order.
            pub const IDS: &'static [&'static str] = &[$($id),+];

            /// The stable name.
            #[must_use]
            pub const fn id(self) -> &'static str {
                $name::IDS[self as usize]
            }

            /// The member of that name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<$name> {
                $name::IDS.iter().position(|known| *known == id).map(|at| $name::ALL[at])
            }
        }
    };
}
