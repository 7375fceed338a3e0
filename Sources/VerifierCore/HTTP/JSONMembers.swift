import Varlink

/// The members of a JSON object; Hummingbird has another type called `Parameters`.
typealias JSONMembers = Varlink.Parameters
