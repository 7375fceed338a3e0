import Encoding

/// What there is already. Of what could not be looked at, that it is not there.
public struct SetupFacts: Sendable {
    public struct DropIn: Equatable, Sendable {
        public let path: String
        public let text: String

        public init(path: String, text: String) { (self.path, self.text) = (path, text) }
    }

    /// The texts of configuration files, by their paths.
    public var texts: [String: String] = [:]
    /// Their drop-ins in the order in which they are merged, by the paths of the configuration files, which need not be there.
    public var dropIns: [String: [DropIn]] = [:]
    /// The identity of the published model that lies where this one's is to be; nil where there is none.
    public var publishedIdentity: String?
    /// Whether the sensor's directory is there.
    public var hasTray = false
    /// Whether the verifier has its database.
    public var hasDatabase = false
    /// Units that do not run; nil where there is no service manager.
    public var inactiveUnits: [String]?
    /// Services that have run since before their configuration was written.
    public var staleUnits: [String] = []
    /// Whether the service manager can seal the vault's key, and there is none yet.
    public var canSealKey = false
    /// Whether the person is enrolled so.
    public var isEnrolled = false
    /// Whether the logins ask.
    public var doLoginsAsk = false

    public init() {}
}

/// One thing to do.
public enum SetupStep: Equatable, Sendable {
    case makeDirectory(String)
    /// Writes what verifiers may know of a model.
    case publish(model: String, output: String)
    /// `before` is nil where there is no such file.
    case write(path: String, before: String?, after: String)
    /// Asks the daemons what they make of their configuration.
    case checkConfiguration
    /// Makes the verifier's key and database.
    case initialiseVerifier
    /// Makes the vault's key, sealed to this machine.
    case sealKey
    case enable([String])
    case restart([String])
    case awaitServices
    case examine
    case enrol(SetupPerson, modality: String)
    /// A login that changes nothing; without it no login is made to ask.
    case tryLogin(SetupPerson, modality: String)
    case changeLogins(SetupLogins)

    /// In words, as something to be done.
    public var words: String {
        switch self {
        case .makeDirectory(let path): "make the directory \(path)"
        case .publish(_, let output): "write \(output), what the verifier may know of the model"
        case .write(let path, nil, _): "write \(path)"
        case .write(let path, _, _): "change \(path)"
        case .checkConfiguration: "check the configuration"
        case .initialiseVerifier: "make the verifier's key and database"
        case .sealKey: "make the vault's key, sealed to this machine"
        case .enable(let units): "enable and start \(units.joined(separator: ", "))"
        case .restart(let units): "restart \(units.joined(separator: ", "))"
        case .awaitServices: "wait until the services answer"
        case .examine: "look for what keeps logins from working"
        case .enrol(let person, let modality):
            "enrol \(person.user): \(modality) \(person.label), \(person.samples) samples"
        case .tryLogin(let person, _): "try a login of \(person.user)"
        case .changeLogins(.service(let name)): "have \(name) ask for face or finger"
        case .changeLogins: "have logins ask for face or finger"
        }
    }
}

/// The steps from what there is to what is to be, each left out where it is done already.
public struct SetupPlan: Equatable, Sendable {
    /// Why there is none, in words and with what to do.
    public struct Refusal: Error, Equatable, Sendable {
        public let message: String
        public let hint: String
    }

    public let steps: [SetupStep]

    public init(_ choice: SetupChoice, _ facts: SetupFacts) throws(Refusal) {
        var steps: [SetupStep] = []
        if case .tray(let path) = choice.sensor, !facts.hasTray { steps.append(.makeDirectory(path)) }
        if let step = try Self.publication(choice.model, facts) { steps.append(step) }
        let writes = try Self.writes(choice, facts)
        steps += writes
        steps.append(.checkConfiguration)
        if !facts.hasDatabase { steps.append(.initialiseVerifier) }
        if choice.sealsKey, facts.canSealKey { steps.append(.sealKey) }
        steps += Self.services(choice.sensor, hasChanges: !writes.isEmpty, facts)
        steps += [.awaitServices, .examine]
        if let person = choice.person {
            if !facts.isEnrolled { steps.append(.enrol(person, modality: choice.model.modality)) }
            let changesLogins = choice.logins != .asTheyAre && !facts.doLoginsAsk
            if !facts.isEnrolled || changesLogins { steps.append(.tryLogin(person, modality: choice.model.modality)) }
            if changesLogins { steps.append(.changeLogins(choice.logins)) }
        }
        self.steps = steps
    }

    private static func publication(_ model: SetupModel, _ facts: SetupFacts) throws(Refusal) -> SetupStep? {
        guard let there = facts.publishedIdentity else { return .publish(model: model.path, output: model.published) }
        guard there == model.identity else {
            throw Refusal(
                message: "\(model.published) is of another model of that name",
                hint: "give the model's file another name, or move that one away if nobody is enrolled with it"
            )
        }
        return nil
    }

    private static func writes(_ choice: SetupChoice, _ facts: SetupFacts) throws(Refusal) -> [SetupStep] {
        let configuration = SetupConfiguration(choice, facts)
        var steps: [SetupStep] = []
        for (path, text) in try configuration.texts() where facts.texts[path] != text {
            steps.append(.write(path: path, before: facts.texts[path], after: text))
        }
        return steps
    }

    private static func services(_ sensor: SetupSensor, hasChanges: Bool, _ facts: SetupFacts) -> [SetupStep] {
        guard let inactive = facts.inactiveUnits else { return [] }
        var steps: [SetupStep] = []
        if !inactive.isEmpty { steps.append(.enable(inactive)) }
        let stale = hasChanges ? units(sensor).services : facts.staleUnits
        if !stale.isEmpty { steps.append(.restart(stale)) }
        return steps
    }

    /// The texts of a changed file as they may be shown.
    ///
    /// - Parameter hidden: keys whose values nobody is shown, by dotted paths.
    public static func shown(before: String, after: String, hiding hidden: Set<String>) -> (
        before: String, after: String
    ) {
        let texts = [before, after].map { SetupConfiguration.text($0, hiding: hidden) }
        // Of one kind, or the difference is of blanks.
        guard texts != [before, after] else { return (before, after) }
        return (texts[0], texts[1])
    }

    /// The units that a set-up machine runs: those that are enabled, and the services behind them.
    public static func units(_ sensor: SetupSensor) -> (enabled: [String], services: [String]) {
        (
            [sensor.socketUnit, "semblanced.socket", "semblance-verifier.service"],
            [sensor.serviceUnit, "semblanced.service", "semblance-verifier.service"]
        )
    }
}
